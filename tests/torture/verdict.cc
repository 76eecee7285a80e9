#include "tests/torture/verdict.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <set>

#include "engine/base/chain.h"
#include "engine/bus/event_record.h"
#include "engine/bus/feed_rule.h"
#include "engine/bus/kafka/kafka_topic.h"
#include "engine/codec/envelope.h"
#include "tests/contract/temp_directory.h"
#include "tests/torture/workload.h"
#include "tests/waiting/comes_true.h"
#include "tools/library/store.h"

namespace skein::torture {

void Violations::add(const std::string& kind, const std::string& example) {
    Kind& entry = kinds[kind];
    if (entry.count++ == 0) entry.first = example;
    entry.last = example;
}

namespace {

struct Place {
    std::string stream;
    Version version;
    Timestamp recorded_at;
};

class Examination {
 public:
    Examination(Cluster& cluster, const History& history)
        : cluster_(cluster), operations_(history.operations()), sightings_(history.sightings()) {
        StoreOptions options;
        options.directory = directory_.path();
        options.mode = OpenMode::kMustExist;
        options.projecting = Projecting::kOnDemand;
        options.postgres.emplace().connect.dsn = cluster.dsn();
        store_ = Store::open(options);
    }

    Evidence run() {
        await_topic_commands();
        // Those that came last are sent on.
        static_cast<void>(skein::test::comes_true([this] { return cluster_.is_at_rest(); }));
        read_log();
        check_operations();
        check_order();
        check_topic();
        check_values();
        check_reads_go_on();
        check_views();
        return std::move(evidence_);
    }

 private:
    void violate(const std::string& kind, const std::string& example) {
        evidence_.violations.add(kind, example);
    }

    // What a broker has taken is taken from it in its own time, and each shard has its own.
    void await_topic_commands() {
        auto waited_for = operations_.begin();
        // Where one never comes, it is found to be lost.
        static_cast<void>(skein::test::comes_true([&] {
            waited_for = std::find_if(waited_for, operations_.end(), [&](const Operation& one) {
                return one.producer == kHttpProducers && one.fate == Fate::kAccepted &&
                       !store_->log().find_receipt(scope_of(Stream(one.stream)), one.command_id);
            });
            return waited_for == operations_.end();
        }));
    }

    // Positions are dense and the chain holds; what each command made is noted.
    void read_log() {
        log::EventLog& log = store_->log();
        for (std::uint32_t s = 0; s < log.shard_count(); ++s) {
            const Shard shard(s);
            Position expected(0);
            Hash hash = chain_start(log.info().store_id);
            log.scan(shard, Position(0), [&](const log::EventView& event) {
                ++evidence_.events;
                expected = expected.next();
                if (event.position != expected)
                    violate("skipped", fmt::format("shard {}: position {} after {}", s,
                                                   event.position.value(), expected.value() - 1));
                expected = event.position;
                hash = chain_next(shard, event.position, hash, event.bytes);
                if (hash.view() != event.hash)
                    violate("broken chain",
                            fmt::format("shard {} position {}", s, expected.value()));
                hashes_[{s, event.position.value()}] = hash_from_bytes(event.hash);
                const auto head = codec::decode_head(event.bytes);
                if (!head) {
                    violate("broken event",
                            fmt::format("shard {} position {}", s, expected.value()));
                    return true;
                }
                places_[head->command_id].push_back(
                    {std::string(head->stream), head->version, head->recorded_at});
                return true;
            });
        }
    }

    void check_operations() {
        std::set<Uuid> sent;
        for (const Operation& operation : operations_) {
            sent.insert(operation.command_id);
            const auto found = places_.find(operation.command_id);
            const std::size_t count = found == places_.end() ? 0 : found->second.size();
            const std::string what = fmt::format(
                "producer {} operation {} on {}, {} tries, answered \"{}\"", operation.producer,
                operation.number, operation.stream, operation.tries, operation.answer);
            if (operation.fate == Fate::kAccepted && count == 0) violate("lost", what);
            if (operation.fate == Fate::kRefused && count > 0) violate("refused yet stored", what);
            if (count > 1) violate("duplicated", what);
            // Every try before the accepted one was said not to have been done. A node that lost
            // the answer of Postgres tries again by itself: then the event is no older than the
            // try.
            const bool is_of_earlier_try =
                count > 0 && found->second.front().recorded_at.us < operation.last_sent.us;
            if (operation.is_duplicate && !operation.is_doubtful && is_of_earlier_try)
                violate("refused yet stored", what);
            if (operation.fate != Fate::kAccepted || count != 1) continue;
            const Place& place = found->second.front();
            const bool is_there = place.stream == operation.stream;
            if (!is_there || (operation.version > Version(0) && place.version != operation.version))
                violate("misplaced",
                        fmt::format("{}: stands at {}@{}, not at version {}", what, place.stream,
                                    place.version.value(), operation.version.value()));
            numbers_[{place.stream, place.version.value()}] = operation.number;
        }
        for (const auto& [command_id, places] : places_) {
            const bool is_setup = places.size() == 1 && places.front().version == Version(1) &&
                                  places.front().stream.find("/run/") == std::string::npos;
            if (!is_setup && !sent.contains(command_id))
                violate("phantom", fmt::format("{}@{}", places.front().stream,
                                               places.front().version.value()));
        }
    }

    // A producer sends a command after the one before was answered: so they stand.
    void check_order() {
        std::map<std::pair<int, std::string>, Version> last;
        for (const Operation& operation : operations_) {
            if (operation.fate != Fate::kAccepted) continue;
            const auto found = places_.find(operation.command_id);
            if (found == places_.end()) continue;
            Version& before = last[{operation.producer, operation.stream}];
            const Version version = found->second.front().version;
            if (version <= before)
                violate("reordered", fmt::format("producer {} operation {}: version {} after {}",
                                                 operation.producer, operation.number,
                                                 version.value(), before.value()));
            before = version;
        }
    }

    // What a reader gets that accepts only last + 1 is the log, byte for byte.
    void check_topic() {
        bus::KafkaOptions options;
        options.brokers = cluster_.brokers();
        const auto topic = bus::events_topic(options, kShards, bus::WhenMissing::kRefuse);
        for (std::uint32_t s = 0; s < kShards; ++s) {
            const Shard shard(s);
            bus::FeedRule rule(Position(0), chain_start(store_->log().info().store_id));
            const auto extent = topic->extent(shard);
            topic->read(shard, extent.begin, extent.end, [&](const bus::StoredRecord& stored) {
                ++evidence_.records;
                const auto event = bus::received_event(stored);
                if (!event || event->position > rule.last().next()) {
                    violate("skipped", fmt::format("partition {} offset {} after position {}", s,
                                                   stored.offset, rule.last().value()));
                    return true;
                }
                if (rule.judge(*event) != bus::FeedStep::kApply) return true;
                const Hash hash =
                    chain_next(shard, event->position, rule.hash(), stored.record.value);
                const auto in_log = hashes_.find({s, event->position.value()});
                if (in_log == hashes_.end() || in_log->second != hash)
                    violate("other bytes",
                            fmt::format("partition {} position {}", s, event->position.value()));
                rule.applied(event->position, hash);
                return true;
            });
            if (rule.last() != store_->log().head(shard).position)
                violate("skipped", fmt::format("partition {} ends at position {} of {}", s,
                                               rule.last().value(),
                                               store_->log().head(shard).position.value()));
        }
    }

    static std::string name_of(const Sighting& sighting) {
        return fmt::format("node {} life {}: {}@{}", sighting.node, sighting.life, sighting.stream,
                           sighting.version.value());
    }

    void check_values() {
        for (const Sighting& sighting : sightings_) {
            const auto written = numbers_.find({sighting.stream, sighting.version.value()});
            if (written != numbers_.end()) {
                ++evidence_.sightings;
                if (written->second != sighting.number)
                    violate("wrong value",
                            fmt::format("{} says {}, written was {}", name_of(sighting),
                                        sighting.number, written->second));
            }
        }
    }

    // Of one life of a node: who asks after an answer has come sees no less than that answer. Reads
    // that lie over each other may be answered in any order.
    void check_reads_go_on() {
        std::map<std::tuple<int, int, std::string>, std::vector<const Sighting*>> reads;
        for (const Sighting& sighting : sightings_)
            reads[{sighting.node, sighting.life, sighting.stream}].push_back(&sighting);
        for (auto& [where, by_question] : reads) {
            std::vector<const Sighting*> by_answer = by_question;
            std::sort(by_question.begin(), by_question.end(),
                      [](const Sighting* a, const Sighting* b) { return a->asked < b->asked; });
            std::sort(by_answer.begin(), by_answer.end(), [](const Sighting* a, const Sighting* b) {
                return a->answered < b->answered;
            });
            Version seen;
            auto next = by_answer.begin();
            for (const Sighting* sighting : by_question) {
                for (; next != by_answer.end() && (*next)->answered < sighting->asked; ++next)
                    seen = std::max(seen, (*next)->version);
                if (sighting->version < seen)
                    violate("went back",
                            fmt::format("{} after {}", name_of(*sighting), seen.value()));
            }
        }
    }

    void check_views() {
        std::set<std::string> streams;
        for (const auto& [command_id, places] : places_)
            for (const Place& place : places) streams.insert(place.stream);
        for (const std::string& stream : streams) {
            const std::size_t run = stream.find("/run/");
            const std::string swarm = stream.substr(6, run == std::string::npos ? run : run - 6);
            const std::string path =
                "/v1/swarms/" + swarm +
                (run == std::string::npos ? "" : "/runs/" + stream.substr(run + 5));
            const auto fold = store_->read(stream, {.from = ReadFrom::kLog});
            const std::string expected = fold ? fold->document().text() : "no fold";
            for (int node = 0; node < kNodes; ++node) {
                ++evidence_.views;
                const bool is_fold = skein::test::comes_true(
                    [&] {
                        const auto response = cluster_.node(node).get(path);
                        return response && response->body == expected;
                    },
                    std::chrono::seconds(10));
                if (!is_fold) violate("another view", fmt::format("node {}: {}", node, stream));
            }
        }
    }

    Cluster& cluster_;
    const std::vector<Operation> operations_;
    const std::vector<Sighting> sightings_;
    skein::test::TempDirectory directory_;
    std::unique_ptr<Store> store_;
    Evidence evidence_;
    std::map<Uuid, std::vector<Place>> places_;  // the events of each command
    std::map<std::pair<std::string, std::uint64_t>, std::uint64_t> numbers_;
    std::map<std::pair<std::uint32_t, std::uint64_t>, Hash> hashes_;
};

}  // namespace

Evidence examine(Cluster& cluster, const History& history) {
    return Examination(cluster, history).run();
}

}  // namespace skein::torture
