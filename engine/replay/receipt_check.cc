#include "engine/replay/receipt_check.h"

#include <fmt/format.h>

#include <cstring>
#include <optional>
#include <string>

#include "engine/codec/envelope.h"

namespace skein::replay {

namespace {

constexpr std::string_view kRemedy =
    "A command that is sent again might run twice; restore the log from a backup.";

void add_receipt(RowSum& sum, std::uint64_t seed, const Uuid& command_id,
                 const log::Receipt& receipt) {
    char row[32];
    const std::uint64_t numbers[2] = {receipt.first.value(), receipt.event_count};
    std::memcpy(row, command_id.bytes().data(), 16);
    std::memcpy(row + 16, numbers, sizeof numbers);
    sum.add(seed, {row, sizeof row});
}

std::string text_of(const std::optional<log::Receipt>& receipt) {
    if (!receipt) return "no receipt";
    return fmt::format("{} events from position {} on", receipt->event_count,
                       receipt->first.value());
}

// A command as its events tell it.
struct Told {
    Scope scope;
    Uuid command_id;
    Stream stream;
    Version version;
    log::Receipt receipt;
};

class Search {
 public:
    Search(const log::EventLog& log, const codec::Codec& codec, const std::vector<log::Head>& heads,
           LogReport& report)
        : log_(&log), codec_(&codec), heads_(&heads), report_(&report) {}

    void run() {
        for (std::uint32_t shard = 0; shard < heads_->size(); ++shard) find_missing(Shard(shard));
        log_->scan_receipts(
            [&](const Scope& scope, const Uuid& command_id, const log::Receipt& receipt) {
                check_row(scope, command_id, receipt);
                return has_room();
            });
    }

 private:
    bool has_room() const { return report_->findings.size() < kFindingsMax; }

    void find_missing(Shard shard) {
        const Position last = (*heads_)[shard.value()].position;
        if (last.value() == 0) return;
        std::optional<Told> told;
        log_->scan(shard, Position(0), [&](const log::EventView& view) {
            const auto decoded = codec::decode_event(view.bytes, *codec_);
            if (decoded) add_event(decoded->event.meta, told);
            return view.position < last && has_room();
        });
        if (told) check_command(*told);
    }
    void add_event(const domain::EventMeta& meta, std::optional<Told>& told) {
        const Scope scope = scope_of(meta.stream);
        if (told && told->scope == scope && told->command_id == meta.command_id) {
            ++told->receipt.event_count;
            return;
        }
        if (told) check_command(*told);
        told = Told{scope, meta.command_id, meta.stream, meta.version, {Hash(), meta.position, 1}};
    }
    void check_command(const Told& told) {
        const auto stored = log_->find_receipt(told.scope, told.command_id);
        if (stored && stored->first == told.receipt.first &&
            stored->event_count == told.receipt.event_count)
            return;
        note(told, text_of(told.receipt), text_of(stored));
    }
    // Commands that the events tell of were looked at: other receipts have no right to stand.
    void check_row(const Scope& scope, const Uuid& command_id, const log::Receipt& receipt) {
        const Shard shard = skein::shard_of(scope, log_->shard_count());
        if (receipt.first > (*heads_)[shard.value()].position) return;
        const auto stored = log_->read(shard, receipt.first);
        if (stored) {
            const auto decoded = codec::decode_event(stored->bytes, *codec_);
            if (decoded && decoded->event.meta.command_id == command_id &&
                scope_of(decoded->event.meta.stream) == scope)
                return;
        }
        note({scope, command_id, Stream(scope.str()), Version(), receipt}, "no receipt",
             text_of(receipt));
    }
    void note(const Told& told, const std::string& expected, const std::string& found) {
        const std::string command = fmt::format("command {}: ", told.command_id.str());
        report_->findings.push_back(
            {"receipt", told.stream, told.version, skein::shard_of(told.scope, log_->shard_count()),
             told.receipt.first, command + expected, command + found, std::string(kRemedy)});
    }

    const log::EventLog* log_;
    const codec::Codec* codec_;
    const std::vector<log::Head>* heads_;
    LogReport* report_;
};

}  // namespace

void CommandSum::finish() {
    if (receipt_.event_count > 0) add_receipt(*sum_, seed_, command_id_, receipt_);
    receipt_ = {};
}

RowSum sum_of_receipts(const log::EventLog& log, const std::vector<log::Head>& heads) {
    RowSum sum;
    std::optional<Scope> last;
    std::uint64_t seed = 0;
    Position end;
    log.scan_receipts([&](const Scope& scope, const Uuid& command_id, const log::Receipt& receipt) {
        if (scope != last) {
            last = scope;
            seed = receipt_seed_of(scope);
            end = heads[skein::shard_of(scope, log.shard_count()).value()].position;
        }
        if (receipt.first <= end) add_receipt(sum, seed, command_id, receipt);
        return true;
    });
    return sum;
}

void search_receipts(const log::EventLog& log, const codec::Codec& codec,
                     const std::vector<log::Head>& heads, LogReport& report) {
    Search(log, codec, heads, report).run();
}

}  // namespace skein::replay
