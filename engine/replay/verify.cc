#include "engine/replay/verify.h"

#include <fmt/format.h>

#include <array>
#include <unordered_map>
#include <vector>

#include "engine/base/blake2b_lanes.h"
#include "engine/base/chain.h"
#include "engine/base/fault.h"
#include "engine/base/hash.h"
#include "engine/codec/envelope.h"
#include "engine/codec/snapshot.h"
#include "engine/replay/log_states.h"
#include "engine/replay/receipt_check.h"

namespace skein::replay {

namespace {

constexpr std::uint64_t kProgressEvery = 10'000;
constexpr std::size_t kEventsTogether = 4 * kHashLanes;
constexpr std::string_view kRestoreRemedy =
    "Restore the log from a backup; events after this one cannot be trusted.";
constexpr std::string_view kStrayRemedy =
    "It was not written by skein: remove it, or restore the log from a backup.";
constexpr std::string_view kIndexRemedy =
    "The index disagrees with the events; restore the log from a backup.";

// What one row of the stream index adds to a sum.
std::uint64_t index_seed_of(const Stream& stream) { return xxh3_64(stream.str()); }
void add_index_row(RowSum& sum, std::uint64_t seed, Version version, Position position) {
    const std::uint64_t row[2] = {version.value(), position.value()};
    sum.add(seed, {reinterpret_cast<const char*>(row), sizeof row});
}

// The rows that the events call for.
struct Expected {
    RowSum index;
    RowSum receipts;
};

// Walks one shard and notes what is not as it must be.
class ShardCheck {
 public:
    // `head` is where the shard ends for this check; the rows that its events call for go to
    // `expected`.
    struct Range {
        Shard shard;
        log::Head head;
    };
    ShardCheck(const log::EventLog& log, const codec::Codec& codec, const Range& range,
               LogReport& report, Expected& expected)
        : log_(&log),
          codec_(&codec),
          shard_(range.shard),
          head_(range.head),
          report_(&report),
          index_(&expected.index),
          commands_(expected.receipts) {
        last_hash_ = codec::chain_start(log.info().store_id);
    }

    void run(const std::function<void(std::uint64_t)>& progress) {
        const log::Head& head = head_;
        if (head.position.value() > 0) {
            log_->scan(shard_, Position(0), [&](const log::EventView& view) {
                hold(view);
                if (++report_->events % kProgressEvery == 0) progress(report_->events);
                return view.position < head.position && count_ < kFindingsMax;
            });
            check_held();
        }
        commands_.finish();
        if (count_ >= kFindingsMax) return;
        if (const auto stray = log_->find_stray(shard_))
            note("density", "", Version(), *stray, "nothing behind the head of the shard",
                 "an event, in the way of the next append", kStrayRemedy);
        if (last_ != head.position)
            note("density", "", Version(), head.position,
                 fmt::format("position {}", head.position.value()),
                 fmt::format("the last event stands at {}", last_.value()), kRestoreRemedy);
        else if (last_hash_ != head.hash)
            note("chain", "", Version(), head.position, to_hex(head.hash), to_hex(last_hash_),
                 kRestoreRemedy);
    }

 private:
    struct StreamEnd {
        Version version;
        std::uint64_t seed = 0;
        std::uint64_t receipt_seed = 0;
    };
    // Looked up by views of names.
    struct NameHash {
        using is_transparent = void;
        std::size_t operator()(std::string_view name) const { return xxh3_64(name); }
    };

    // An event, kept beyond its visit.
    struct Slot {
        Position position;
        std::string bytes;
        Hash hash;  // as stored
    };

    // Events are hashed together: they are held until there are enough of them.
    void hold(const log::EventView& view) {
        if (held_ == slots_.size()) check_held();
        Slot& slot = slots_[held_++];
        slot.position = view.position;
        slot.bytes = view.bytes;
        slot.hash = hash_from_bytes(view.hash);
    }

    void check_held() {
        std::array<ChainLink, kEventsTogether> links;
        std::array<Hash, kEventsTogether> hashes;
        for (std::size_t i = 0; i < held_; ++i)
            links[i] = {slots_[i].position, i == 0 ? last_hash_ : slots_[i - 1].hash,
                        slots_[i].bytes};
        chain_each(shard_, {links.data(), held_}, {hashes.data(), held_});
        for (std::size_t i = 0; i < held_; ++i) check(slots_[i], hashes[i]);
        held_ = 0;
    }

    void check(const Slot& view, const Hash& hash) {
        const Position next = last_.next();
        if (view.position != next)
            note("density", "", Version(), next, fmt::format("position {}", next.value()),
                 fmt::format("position {}", view.position.value()), kRestoreRemedy);
        if (hash != view.hash)
            note("chain", "", Version(), view.position, to_hex(hash), to_hex(view.hash),
                 kRestoreRemedy);
        last_ = view.position;
        last_hash_ = view.hash;
        check_content(view);
    }

    void check_content(const Slot& view) {
        const auto event = codec::check_event(view.bytes, *codec_);
        if (!event) {
            note("decode", "", Version(), view.position, "an event", event.error().what,
                 kRestoreRemedy);
            return;
        }
        if (event->shard != shard_ || event->position != view.position)
            note("density", event->stream, event->version, view.position,
                 fmt::format("shard {} position {}", shard_.value(), view.position.value()),
                 fmt::format("shard {} position {}", event->shard.value(), event->position.value()),
                 kRestoreRemedy);
        StreamEnd& end = end_of(event->stream);
        if (event->version != end.version.next())
            note("version", event->stream, event->version, view.position,
                 fmt::format("version {}", end.version.next().value()),
                 fmt::format("version {}", event->version.value()), kRestoreRemedy);
        end.version = event->version;
        add_index_row(*index_, end.seed, event->version, view.position);
        commands_.add(end.receipt_seed, event->command_id, view.position);
        if (event->recorded_at < last_time_)
            note("time", event->stream, event->version, view.position, format_time(last_time_),
                 format_time(event->recorded_at), kRestoreRemedy);
        last_time_ = event->recorded_at;
    }

    StreamEnd& end_of(std::string_view name) {
        const auto known = ends_.find(name);
        if (known != ends_.end()) return known->second;
        const Stream stream{std::string(name)};
        StreamEnd end;
        end.seed = index_seed_of(stream);
        end.receipt_seed = receipt_seed_of(scope_of(stream));
        return ends_.emplace(name, end).first->second;
    }

    void note(std::string_view what, std::string_view stream, Version version, Position position,
              std::string expected, std::string found, std::string_view remedy) {
        if (++count_ > kFindingsMax) return;
        report_->findings.push_back({std::string(what), Stream(std::string(stream)), version,
                                     shard_, position, std::move(expected), std::move(found),
                                     std::string(remedy)});
    }

    const log::EventLog* log_;
    const codec::Codec* codec_;
    const Shard shard_;
    const log::Head head_;
    LogReport* report_;
    RowSum* index_;
    CommandSum commands_;
    std::array<Slot, kEventsTogether> slots_;
    std::size_t held_ = 0;
    Position last_;
    Hash last_hash_;
    Timestamp last_time_{INT64_MIN};
    std::unordered_map<std::string, StreamEnd, NameHash, std::equal_to<>> ends_;
    std::size_t count_ = 0;
};

// Where the sums differ: which rows of the index are missing, and which stand for no event.
class IndexSearch {
 public:
    IndexSearch(const log::EventLog& log, const std::vector<log::Head>& heads, LogReport& report)
        : log_(&log), heads_(&heads), report_(&report) {}

    void run() {
        for (std::uint32_t shard = 0; shard < heads_->size(); ++shard) find_missing(Shard(shard));
        log_->scan_index([&](const Stream& stream, Version version, Position position) {
            check_row(stream, version, position);
            return report_->findings.size() < kFindingsMax;
        });
    }

 private:
    void find_missing(Shard shard) {
        const Position last = (*heads_)[shard.value()].position;
        log_->scan(shard, Position(0), [&](const log::EventView& view) {
            const auto head = codec::decode_head(view.bytes);
            if (head) check_event(Stream(std::string(head->stream)), head->version, view);
            return view.position < last && report_->findings.size() < kFindingsMax;
        });
    }
    void check_event(const Stream& stream, Version version, const log::EventView& view) {
        const std::optional<Position> indexed = log_->position_of(stream, version);
        if (indexed == view.position) return;
        note(stream, version, view.position, fmt::format("position {}", view.position.value()),
             indexed ? fmt::format("position {}", indexed->value()) : "nothing");
    }
    // Rows that an event calls for were looked at: others have no right to stand.
    void check_row(const Stream& stream, Version version, Position position) {
        const Shard shard = log::shard_of(*log_, stream);
        if (position > (*heads_)[shard.value()].position) return;
        const auto stored = log_->read(shard, position);
        const auto head = stored ? codec::decode_head(stored->bytes)
                                 : fail(codec::CodecError{"there is no such event"});
        if (head && head->stream == stream.str() && head->version == version) return;
        note(stream, version, position, "no row",
             fmt::format("position {}, where another event stands", position.value()));
    }
    void note(const Stream& stream, Version version, Position position, std::string expected,
              std::string found) {
        report_->findings.push_back({"index", stream, version, log::shard_of(*log_, stream),
                                     position, std::move(expected), std::move(found),
                                     std::string(kIndexRemedy)});
    }

    const log::EventLog* log_;
    const std::vector<log::Head>* heads_;
    LogReport* report_;
};

// The index rows up to `heads`.
RowSum sum_of_index(const log::EventLog& log, const std::vector<log::Head>& heads) {
    RowSum sum;
    Stream last;
    std::uint64_t seed = 0;
    Position end;
    log.scan_index([&](const Stream& stream, Version version, Position position) {
        if (stream != last) {
            last = stream;
            seed = index_seed_of(stream);
            end = heads[log::shard_of(log, stream).value()].position;
        }
        if (position <= end) add_index_row(sum, seed, version, position);
        return true;
    });
    return sum;
}

// Where the shards end for this check: writers may go on meanwhile.
std::vector<log::Head> heads_of(const log::EventLog& log) {
    std::vector<log::Head> heads;
    for (std::uint32_t shard = 0; shard < log.shard_count(); ++shard)
        heads.push_back(log.head(Shard(shard)));
    return heads;
}

struct ShardsCheck {
    std::vector<log::Head> heads;
    LogReport* report;
    Expected* expected;
};

// What cannot be read at all is a finding too. Returns whether it could be.
template <class Check>
bool is_readable(LogReport& report, Shard shard, const Check& check) {
    try {
        check();
        return true;
    } catch (const Fault& fault) {
        if (fault.kind() != FaultKind::kCorruption) throw;
        report.findings.push_back(
            {"store", Stream(), Version(), shard, Position(), "blocks that can be read",
             fault.what(), fault.remedy().empty() ? std::string(kRestoreRemedy) : fault.remedy()});
        return false;
    }
}

// Returns whether all of them could be read.
bool check_shards(const log::EventLog& log, const codec::Codec& codec, const ShardsCheck& check,
                  const std::function<void(std::uint64_t)>& progress) {
    bool are_readable = true;
    for (std::uint32_t s = 0; s < check.heads.size(); ++s) {
        const Shard shard(s);
        ShardCheck one(log, codec, {shard, check.heads[s]}, *check.report, *check.expected);
        if (!is_readable(*check.report, shard, [&] { one.run(progress); })) are_readable = false;
        ++check.report->shards;
    }
    return are_readable;
}

void check_snapshot(const log::EventLog& log, const codec::Codec& codec, const Stream& stream,
                    LogReport& report) {
    const auto stored = log.find_snapshot(stream, log.stream_head(stream));
    if (!stored) return;
    Finding finding{"snapshot",
                    stream,
                    stored->version,
                    log::shard_of(log, stream),
                    Position(),
                    "",
                    "",
                    "Snapshots are optional: replay with --from log gives the true state."};
    const auto loaded = codec::decode_snapshot(stored->bytes, codec);
    if (!loaded) {
        finding.expected = "a snapshot";
        finding.found = loaded.error().what;
        report.findings.push_back(finding);
        return;
    }
    (*loaded)->forget_observed();  // it is no part of the stream's fold
    const LogStates folds(log, codec, Snapshots::kIgnore);
    finding.expected = folds.at(stream, stored->version)->digest().hex();
    finding.found = (*loaded)->digest().hex();
    if (finding.expected != finding.found) report.findings.push_back(finding);
}

}  // namespace

LogReport verify_chains(const log::EventLog& log, const codec::Codec& codec,
                        const std::function<void(std::uint64_t)>& progress) {
    LogReport report;
    Expected ignored;
    check_shards(log, codec, {heads_of(log), &report, &ignored}, progress);
    return report;
}

LogReport verify_log(const log::EventLog& log, const codec::Codec& codec,
                     const std::function<void(std::uint64_t)>& progress) {
    LogReport report;
    Expected expected;
    const std::vector<log::Head> heads = heads_of(log);
    // Where events cannot be read, nobody knows what else there should be.
    if (!check_shards(log, codec, {heads, &report, &expected}, progress)) return report;
    // Receipts are judged by what the events say, so only where those are whole.
    const bool is_whole = report.findings.empty();
    is_readable(report, Shard(0), [&] {
        if (sum_of_index(log, heads) != expected.index) IndexSearch(log, heads, report).run();
        if (is_whole && sum_of_receipts(log, heads) != expected.receipts)
            search_receipts(log, codec, heads, report);
        log.scan_streams(Scope(), Stream(), [&](const Stream& stream, Version) {
            check_snapshot(log, codec, stream, report);
            return report.findings.size() < kFindingsMax;
        });
    });
    return report;
}

LogReport verify_stream(const log::EventLog& log, const codec::Codec& codec, const Stream& stream) {
    LogReport report;
    report.shards = 1;
    const Shard shard = log::shard_of(log, stream);
    const Version head = log.stream_head(stream);
    Version last;
    const auto note = [&](std::string_view what, Position position, std::string expected,
                          std::string found) {
        report.findings.push_back({std::string(what), stream, last.next(), shard, position,
                                   std::move(expected), std::move(found),
                                   std::string(kRestoreRemedy)});
    };
    const auto check_event = [&](const log::EventView& view) {
        ++report.events;
        const auto decoded = codec::decode_event(view.bytes, codec);
        if (!decoded) {
            note("decode", view.position, "an event", decoded.error().what);
        } else {
            const Hash hash =
                codec::chain_next(shard, view.position, decoded->previous, view.bytes);
            if (hash.view() != view.hash)
                note("chain", view.position, to_hex(hash), to_hex(view.hash));
            if (decoded->event.meta.version != last.next() || decoded->event.meta.stream != stream)
                note("version", view.position,
                     fmt::format("{} version {}", stream.str(), last.next().value()),
                     fmt::format("{} version {}", decoded->event.meta.stream.str(),
                                 decoded->event.meta.version.value()));
        }
        last = last.next();
        return report.findings.size() < kFindingsMax;
    };
    const bool could_read =
        is_readable(report, shard, [&] { log.scan_stream(stream, Version(0), check_event); });
    if (!could_read) return report;
    if (last != head && report.findings.empty())
        note("density", Position(), fmt::format("version {}", head.value()),
             fmt::format("the stream ends at {}", last.value()));
    check_snapshot(log, codec, stream, report);
    return report;
}

}  // namespace skein::replay
