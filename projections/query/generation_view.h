// GenerationView: one generation for readers, pinned by whoever holds it; and what it takes to make
// one from the log.
//
// Threads: reading from any thread; a Build has one owner. Errors: as store and projector.
// Source: design section 6 (rebuild).
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "engine/codec/codec.h"
#include "engine/log/event_log.h"
#include "projections/core/projector.h"
#include "projections/history/history_view.h"

namespace skein::projections {

struct GenerationView {
    GenerationView(std::string generation_name, std::shared_ptr<store::ViewStore> rows,
                   const codec::Codec& codec, std::uint32_t shard_count)
        : name(std::move(generation_name)), store(rows), reader(rows, codec, shard_count) {}

    const std::string name;
    const std::shared_ptr<store::ViewStore> store;
    const history::HistoryReader reader;
};

// A projector of its own into a generation, with the view that it drives.
class Projection {
 public:
    struct Options {
        history::HistoryOptions history;
        core::ProjectorOptions projector;
        history::Readers* readers = nullptr;
    };
    Projection(std::shared_ptr<const GenerationView> generation, const log::EventLog& log,
               const codec::Codec& codec, Options options);

    core::Projector& projector() { return projector_; }

 private:
    const std::shared_ptr<const GenerationView> generation_;
    history::HistoryView view_;
    core::Projector projector_;
};

// Projects all shards up to `heads`, several at once, without a journal: a crash starts it again.
struct BuildRequest {
    std::shared_ptr<const GenerationView> generation;
    history::HistoryOptions history;
    core::Identity identity;
    std::vector<Position> heads;           // by shard
    const log::EventFeed* feed = nullptr;  // where events come from; null: from the log
    std::function<void(std::uint64_t done, std::uint64_t total)> progress = {};
};
void build_generation(const BuildRequest& request, const log::EventLog& log,
                      const codec::Codec& codec);

std::vector<Position> heads_of(const log::EventLog& log);

}  // namespace skein::projections
