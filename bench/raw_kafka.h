// Kafka without skein: librdkafka's idempotent producer sending records that stand in memory.
//
// Threads: one. Errors: Fault kUnavailable with what the client said.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace skein::bench {

struct RawRecord {
    std::int32_t partition = 0;
    std::string key;
    std::string value;
    std::vector<std::pair<std::string, std::string>> headers;
};

class RawProducer {
 public:
    RawProducer(const std::string& brokers, const std::string& topic);
    ~RawProducer();
    RawProducer(const RawProducer&) = delete;
    RawProducer& operator=(const RawProducer&) = delete;

    // Returns when the broker has acknowledged all of them.
    void send(const std::vector<RawRecord>& records);

 private:
    struct Client;
    const std::unique_ptr<Client> client_;
};

}  // namespace skein::bench
