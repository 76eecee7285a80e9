#include "tools/cli/dead_letters.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <map>
#include <optional>

#include "engine/base/utf8.h"
#include "engine/bus/kafka/kafka_topic.h"
#include "engine/intake/command_record.h"
#include "engine/intake/outbox.h"
#include "engine/json/writer.h"
#include "tools/cli/kafka_options.h"
#include "tools/cli/listing.h"

namespace skein::cli {

namespace {

constexpr std::size_t kValueShown = 1024;

struct Letter {
    Shard partition;
    std::uint64_t offset = 0;
    intake::Parcel parcel;

    std::string id() const { return fmt::format("{}/{}", partition.value(), offset); }
};

json::Value text_or_null(std::optional<std::string_view> text) {
    if (!text || text->size() > kValueShown || !is_utf8(*text)) return {};
    return json::Value::string(std::string(*text));
}

std::optional<std::string> source_of(const intake::Parcel& parcel) {
    const auto topic = parcel.header(intake::kSourceTopic);
    const auto partition = parcel.header(intake::kSourcePartition);
    const auto offset = parcel.header(intake::kSourceOffset);
    if (!topic || !partition || !offset) return std::nullopt;
    return fmt::format("{}/{}/{}", *topic, *partition, *offset);
}

json::Value letter_item(const Letter& letter) {
    const intake::Parcel& parcel = letter.parcel;
    json::ObjectWriter item;
    item.member_number("bytes", parcel.value ? parcel.value->size() : 0);
    item.member("code", text_or_null(parcel.header(intake::kErrorCode)));
    item.member_text("id", letter.id());
    item.member("key", text_or_null(parcel.key));
    item.member("message", text_or_null(parcel.header(intake::kErrorMessage)));
    item.member("resent_from", text_or_null(parcel.header(intake::kResentFrom)));
    item.member("source", text_or_null(source_of(parcel)));
    item.member("value", text_or_null(parcel.value));
    return item.value();
}

class LetterBox {
 public:
    explicit LetterBox(const bus::KafkaOptions& options)
        : options_(options),
          topic_(options, {options.topics.dead_letters, 1, {}, bus::PartitionRule::kAtLeast},
                 bus::WhenMissing::kRefuse) {}

    std::vector<Letter> newest(std::size_t limit) {
        std::vector<Letter> letters;
        const std::uint32_t partitions = topic_.partition_count();
        for (std::uint32_t p = 0; p < partitions; ++p) {
            const auto extent = topic_.extent(Shard(p));
            const auto wanted = static_cast<bus::Offset>(std::min<std::size_t>(limit, 1U << 30));
            read(Shard(p), std::max(extent.begin, extent.end - wanted), extent.end, letters);
        }
        return letters;
    }
    std::optional<Letter> find(const std::string& id) {
        const std::size_t slash = id.find('/');
        if (slash == std::string::npos) return std::nullopt;
        const auto partition = number(id.substr(0, slash));
        const auto offset = number(id.substr(slash + 1));
        if (!partition || !offset || *partition >= topic_.partition_count()) return std::nullopt;
        const auto extent = topic_.extent(Shard(*partition));
        const auto at = static_cast<bus::Offset>(*offset);
        if (at < extent.begin || at >= extent.end) return std::nullopt;
        std::vector<Letter> found;
        read(Shard(*partition), at, at + 1, found);
        if (found.empty() || found.front().offset != *offset) return std::nullopt;
        return std::move(found.front());
    }

 private:
    static std::optional<std::uint64_t> number(const std::string& text) {
        std::uint64_t value = 0;
        const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
        if (error != std::errc() || end != text.data() + text.size() || value > INT32_MAX)
            return std::nullopt;
        return value;
    }
    void read(Shard partition, bus::Offset from, bus::Offset until, std::vector<Letter>& letters) {
        topic_.read(partition, from, until, [&](const bus::StoredRecord& stored) {
            letters.push_back({partition, static_cast<std::uint64_t>(stored.offset),
                               intake::copy_of(stored.record)});
            return true;
        });
    }

    const bus::KafkaOptions options_;
    bus::KafkaTopic topic_;
};

int refuse_no_cluster(Cli& cli) {
    return cli.refuse_usage("dead letters stand in a Kafka topic, and no cluster is named",
                            "Name it: `skein --kafka localhost:9092 parked letters`.");
}

// Where each was delivered, in the order of `letters`.
std::vector<json::Value> send_all(const bus::KafkaOptions& options, std::vector<Letter> letters) {
    bus::KafkaTopic commands(options,
                             {options.topics.commands, 1, {}, bus::PartitionRule::kAtLeast},
                             bus::WhenMissing::kRefuse);
    intake::Outbox outbox(commands);
    for (std::size_t i = 0; i < letters.size(); ++i)
        outbox.put(i + 1, intake::revived(std::move(letters[i].parcel),
                                          options.topics.dead_letters + "/" + letters[i].id()));
    std::vector<json::Value> items(letters.size());
    const auto end = std::chrono::steady_clock::now() + options.timeout;
    while (!outbox.is_empty()) {
        outbox.step(std::chrono::milliseconds(50), [&](const bus::Delivery& delivery) {
            const std::size_t place = delivery.position.value() - 1;
            json::ObjectWriter item;
            item.member_text("id", letters[place].id());
            item.member_text("sent_to", fmt::format("{}/{}/{}", options.topics.commands,
                                                    delivery.shard.value(), *delivery.offset));
            items[place] = item.value();
        });
        if (!outbox.is_empty() && std::chrono::steady_clock::now() > end)
            throw Fault(
                FaultKind::kUnavailable,
                fmt::format("Kafka at {} did not take what was sent in time", options.brokers),
                "Send again: a command with a command_id is accepted once.");
    }
    return items;
}

}  // namespace

int list_letters(Cli& cli, std::size_t limit) {
    if (cli.kafka.empty()) return refuse_no_cluster(cli);
    List list{{"id", "code", "source", "key", "message"}, {}, {}};
    std::vector<Letter> letters = LetterBox(kafka_options(cli.kafka)).newest(limit);
    const std::size_t skipped = letters.size() > limit ? letters.size() - limit : 0;
    for (std::size_t i = skipped; i < letters.size(); ++i)
        list.items.push_back(letter_item(letters[i]));
    if (list.items.empty() && cli.format() == Format::kText) {
        cli.err() << "no dead letters\n";
    } else {
        print_list(cli, list);
    }
    return kOk;
}

int resend_letters(Cli& cli, const std::vector<std::string>& ids) {
    if (cli.kafka.empty()) return refuse_no_cluster(cli);
    const bus::KafkaOptions options = kafka_options(cli.kafka);
    LetterBox box(options);
    std::vector<Letter> letters;
    if (ids.empty()) letters = box.newest(SIZE_MAX);
    for (const std::string& id : ids) {
        auto letter = box.find(id);
        if (!letter)
            return cli.refuse_absent(fmt::format("no dead letter has the id {}", id),
                                     "`skein parked letters` lists them.");
        letters.push_back(std::move(*letter));
    }
    const std::size_t all = letters.size();
    std::erase_if(letters, [](const Letter& letter) { return !letter.parcel.value; });
    List list{{"id", "sent_to"}, send_all(options, std::move(letters)), {}};
    const std::size_t left_out = all - list.items.size();
    print_list(cli, list);
    if (left_out == 0) return kOk;
    cli.err()
        << fmt::format("error: {} without a value cannot be sent again\n", left_out)
        << "next:  What was too large stands at its source: send it from there, made smaller.\n";
    return kNegative;
}

}  // namespace skein::cli
