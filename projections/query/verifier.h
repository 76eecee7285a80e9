// Verifier: whether the rows of a generation are what the log says; and what two generations differ
// in.
//
// Every row's checksum, every delta's digest and every keyframe is compared with a fold of the log
// that uses nothing of the views.
// Threads: one call from one thread, beside readers and the projector. Errors: as log and store.
// Source: C-07, design section 6 (digests).
#pragma once

#include <functional>
#include <optional>
#include <vector>

#include "engine/codec/codec.h"
#include "engine/log/event_log.h"
#include "projections/query/generation_view.h"
#include "projections/query/views.h"

namespace skein::projections {

class Verifier {
 public:
    Verifier(const GenerationView& generation, const log::EventLog& log, const codec::Codec& codec)
        : generation_(generation), log_(log), codec_(codec) {}

    // `applied` by shard: events above it are not looked for.
    std::vector<Views::RowFailure> run(const std::optional<Stream>& only,
                                       const std::vector<Position>& applied,
                                       const std::function<void(std::uint64_t)>& progress);

 private:
    struct Point {
        std::uint64_t ordinal = 0;
        json::Digest digest;
    };

    void check_rows(const std::optional<Stream>& only);
    void check_scope(const Scope& scope, const std::optional<Stream>& only, Position applied);
    void check_document(const Stream& stream, const std::vector<Point>& points);
    void check_keyframes(const Stream& stream);
    void check_index(const Stream& stream);
    // The version from which on the stream is parked; above all where it is not.
    Version parked_from(const Stream& stream) const;
    void fail(const Stream& stream, std::string what, std::string expected, std::string found);

    const GenerationView& generation_;
    const log::EventLog& log_;
    const codec::Codec& codec_;
    std::vector<Views::RowFailure> failures_;
    std::uint64_t checked_ = 0;
    const std::function<void(std::uint64_t)>* progress_ = nullptr;
};

// Documents of both, as of the last position that both have.
std::vector<Views::Difference> compare_generations(const GenerationView& a, const GenerationView& b,
                                                   const log::EventLog& log,
                                                   const codec::Codec& codec);

}  // namespace skein::projections
