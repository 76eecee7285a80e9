// ScopeVerifier: the rows of one scope beside a fold of the log, stream by stream: those of its
// documents, its timeline, and what is parked of it.
//
// Memory: one document at a time, and 8 bytes for each event that the scope's document lists.
// Threads: one owner; the rows must not change meanwhile. Errors: as log and store; an event that
// does not fold is expected to be parked. Source: C-07, design section 6.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "engine/codec/envelope.h"
#include "engine/log/event_log.h"
#include "engine/replay/log_states.h"
#include "projections/query/document_verifier.h"

namespace skein::projections {

class ScopeVerifier {
 public:
    struct Parts {
        const GenerationView& generation;
        const log::EventLog& log;
        const codec::Codec& codec;
        const replay::LogStates& fold;
        history::KnownChunks& chunks;
        RowFindings& findings;
    };
    // `applied`: the last position of the scope's shard that stands in the rows.
    ScopeVerifier(const Parts& parts, const Scope& scope, Position applied);

    // `only`: rows of this stream alone, which is of the scope.
    void run(const std::optional<Stream>& only);

 private:
    class Past;
    struct Counts {
        std::uint64_t heads = 0;
        std::uint64_t deltas = 0;
        std::uint64_t timeline = 0;
        std::uint64_t versions = 0;
        bool operator==(const Counts&) const = default;
    };

    std::optional<core::Refusal> fold(const log::EventView& view,
                                      const codec::DecodedEvent& decoded, domain::State& state,
                                      std::uint64_t& past_reads);
    void check_stream(const Stream& stream);
    void check_scope_document();
    void expect_parked(const Stream& stream, const std::optional<store::ParkedRow>& expected);
    void expect_timeline(const domain::EventMeta& meta);
    void check_counts(const std::optional<Stream>& only);
    std::uint64_t last_ordinal(const Stream& stream) const;
    bool is_expected(const store::RowPlace& place) const;
    std::optional<codec::DecodedEvent> decode_at(Position position, std::string& bytes) const;

    const Parts parts_;
    const Scope scope_;
    const Shard shard_;
    const Position applied_;
    const Stream document_;  // of the scope
    const bool has_document_;
    std::vector<Position> listed_;  // of other streams, what the document lists
    Counts expected_;
};

}  // namespace skein::projections
