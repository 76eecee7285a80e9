// Verifier: whether the rows of a generation are what the log says, all of them and no others; and
// what two generations differ in.
//
// Two walks. One over all rows: checksums, keys that nobody asks for, content of chunks. One over
// the log, scope by scope: what a fold that uses nothing of the views gives is compared row by row.
// Threads: one call from one thread, beside readers; who projects waits, or is called in `between`.
// Errors: as log and store. Source: C-07, design section 6 (digests).
#pragma once

#include <functional>
#include <optional>
#include <vector>

#include "engine/codec/codec.h"
#include "engine/log/event_log.h"
#include "projections/query/generation_view.h"
#include "projections/query/row_findings.h"
#include "projections/query/views.h"

namespace skein::projections {

class Verifier {
 public:
    Verifier(const GenerationView& generation, const log::EventLog& log, const codec::Codec& codec)
        : generation_(generation), log_(log), codec_(codec) {}

    struct Request {
        std::optional<Stream> only;                   // rows of this stream alone
        std::function<void(std::uint64_t)> progress;  // rows checked so far; may be empty
        // Called between scopes: the rows may change in it. May be empty.
        std::function<void()> between;
    };
    std::vector<Views::RowFailure> run(const Request& request);

 private:
    void check_rows(const Request& request, RowFindings& findings);
    void check_row(std::string_view key, bool is_sound, RowFindings& findings);
    bool is_known(const Stream& stream);
    bool is_ours(std::string_view key, RowFindings& findings);
    bool is_reserved(std::string_view key);
    bool is_first_of_scope(const Stream& stream);
    void check_checkpoint(Shard shard, RowFindings& findings);
    Position applied(Shard shard) const;
    void check_scopes(const Request& request, RowFindings& findings);

    const GenerationView& generation_;
    const log::EventLog& log_;
    const codec::Codec& codec_;
    Stream last_known_;  // asked about last, and known
    Scope last_scope_;   // of the stream walked last
};

// Documents of both, as of the last position that both have.
std::vector<Views::Difference> compare_generations(const GenerationView& a, const GenerationView& b,
                                                   const log::EventLog& log,
                                                   const codec::Codec& codec);

}  // namespace skein::projections
