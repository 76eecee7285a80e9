// Snapshotter: writes recovery points beside the log, behind the commands' backs.
//
// Due are: every kSnapshotEvery versions of any stream (of a large state fewer, see
// kBytesAnEventMax), and what the state itself calls a recovery
// point (a critical or long run that was checkpointed or ended). A snapshot is an accelerator: one
// that is skipped because too many wait, or lost in a crash, costs time at replay and nothing else.
// Threads: offer() by whoever runs a round; the writing is done by a thread of its own.
// Errors: a failing disk is the log's to report; a snapshot that cannot be written is left out.
// Source: V-20, V-115, design section 12 (critical or long-running routine).
#pragma once

#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <thread>

#include "engine/codec/codec.h"
#include "engine/domain/state.h"
#include "engine/log/event_log.h"

namespace skein::runtime {

class Snapshotter {
 public:
    static constexpr std::uint64_t kSnapshotEvery = 1000;  // versions of one stream, at least
    static constexpr std::size_t kBytesAnEventMax = 256;   // a snapshot's bytes by its distance

    Snapshotter(log::EventLog& log, const codec::Codec& codec);
    ~Snapshotter();  // writes what waits
    Snapshotter(const Snapshotter&) = delete;
    Snapshotter& operator=(const Snapshotter&) = delete;

    // `state` is committed; it was at `before` when a snapshot of it was last considered.
    void offer(const domain::State& state, Version before);
    // Waits until nothing waits.
    void drain();

 private:
    // Newer ones of a stream replace older ones that still wait, so this bounds streams, not
    // events.
    static constexpr std::size_t kWaitingMax = 64;

    void run();

    log::EventLog* log_;
    const codec::Codec* codec_;
    std::mutex mutex_;  // guards all below
    std::condition_variable changed_;
    std::map<Stream, std::shared_ptr<const domain::State>> waiting_;
    bool is_writing_ = false;
    bool is_stopping_ = false;
    std::thread writer_;
};

}  // namespace skein::runtime
