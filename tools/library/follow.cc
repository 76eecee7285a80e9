#include "tools/library/follow.h"

namespace skein {

namespace {

constexpr std::chrono::milliseconds kLookAgain{500};

// Tells what stands after `last`, and moves it.
void tell(const log::EventLog& log, const FollowOptions& options, Version& last,
          const std::function<void(const log::EventView&)>& visit) {
    log.scan_stream(options.stream, last, [&](const log::EventView& view) {
        visit(view);
        last = last.next();
        return !options.is_stopped();
    });
}

}  // namespace

Version follow(Store& store, const FollowOptions& options,
               const std::function<void(const log::EventView&)>& visit) {
    log::EventLog& log = store.log();
    const Shard shard = log::shard_of(log, options.stream);
    // Growth of the stream's own shard alone is waited for.
    std::vector<Position> known(log.shard_count(), Position(UINT64_MAX));
    Version last = options.after;
    while (!options.is_stopped()) {
        // Before the scan: what is appended during it ends the next wait at once.
        known[shard.value()] = log.head(shard).position;
        tell(log, options, last, visit);
        if (options.is_stopped()) break;
        log.wait_for_growth(known, kLookAgain);
    }
    return last;
}

Version follow(LogReader& reader, const FollowOptions& options,
               const std::function<void(const log::EventView&)>& visit) {
    Version last = options.after;
    while (!options.is_stopped()) {
        reader.read([&] { tell(reader.log(), options, last, visit); });
        reader.wait_for_change(options.is_stopped);
    }
    return last;
}

}  // namespace skein
