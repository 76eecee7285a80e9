// A Story: events of swarms and runs in a memory log, random ones from a seed. The same seed gives
// the same bytes, so that another process can tell it again.
//
// Threads: one owner. Errors: none.
#pragma once

#include <map>
#include <memory>
#include <vector>

#include "engine/base/random.h"
#include "engine/codec/codec.h"
#include "engine/codec/envelope.h"
#include "engine/domain/kinds/standard.h"
#include "engine/domain/run/run_events.h"
#include "engine/domain/swarm/swarm_events.h"
#include "engine/log/memory/memory_log.h"

namespace skein::test {

class Story {
 public:
    explicit Story(std::uint64_t seed, std::uint32_t shards = 4);

    log::MemoryLog& log() { return log_; }
    const codec::Codec& codec() const { return codec_; }
    const std::vector<Stream>& streams() const { return streams_; }
    Version version(const Stream& stream) const;

    void append(const Stream& stream, std::shared_ptr<const domain::EventBody> body);
    // Any bytes as an event: for poison. It follows the chain.
    void append_bytes(const Stream& stream, const std::function<std::string(std::string)>& change,
                      std::shared_ptr<const domain::EventBody> body);

    void create_swarm(const std::string& swarm);
    Stream start_run(const std::string& swarm, const std::string& run);
    void set(const Stream& run, const std::string& key, json::Value value);
    void append_to(const Stream& run, const std::string& key, json::Value element);
    Stream fork(const Stream& source, const std::string& run);
    void restore(const Stream& run, Version to);

    // Swarms, runs, updates, big arrays and strings, forks, restores, completions.
    void tell(std::uint64_t events);

 private:
    void tell_one();
    void update(const Stream& run);
    const Stream& any_run() { return runs_[random_.below(runs_.size())]; }
    std::string next_id() { return "r" + std::to_string(++ids_); }

    SeededRandom random_;
    domain::Registry registry_;
    codec::Codec codec_;
    log::MemoryLog log_;
    std::vector<Stream> streams_;
    std::vector<Stream> runs_;
    std::vector<std::string> swarms_;
    std::map<Stream, Version> versions_;
    std::map<Shard, log::Head> heads_;
    std::uint64_t ids_ = 0;
    std::int64_t clock_us_ = 1'700'000'000'000'000;
};

}  // namespace skein::test
