#include "engine/replay/verify.h"

#include <fmt/format.h>

#include <unordered_map>

#include "engine/base/fault.h"
#include "engine/codec/envelope.h"
#include "engine/codec/snapshot.h"
#include "engine/replay/log_states.h"

namespace skein::replay {

namespace {

constexpr std::uint64_t kProgressEvery = 10'000;
constexpr std::string_view kRestoreRemedy =
    "Restore the log from a backup; events after this one cannot be trusted.";
constexpr std::string_view kIndexRemedy =
    "The index disagrees with the events; restore the log from a backup.";

// Walks one shard and notes what is not as it must be.
class ShardCheck {
 public:
    ShardCheck(const log::EventLog& log, const codec::Codec& codec, Shard shard, LogReport& report)
        : log_(&log), codec_(&codec), shard_(shard), report_(&report) {
        last_hash_ = codec::chain_start(log.info().store_id);
    }

    void run(const std::function<void(std::uint64_t)>& progress) {
        const log::Head head = log_->head(shard_);
        if (head.position.value() > 0) {
            log_->scan(shard_, Position(0), [&](const log::EventView& view) {
                check(view);
                if (++report_->events % kProgressEvery == 0) progress(report_->events);
                return view.position < head.position && count_ < kFindingsMax;
            });
        }
        if (count_ >= kFindingsMax) return;
        if (last_ != head.position)
            note("density", "", Version(), head.position,
                 fmt::format("position {}", head.position.value()),
                 fmt::format("the last event stands at {}", last_.value()), kRestoreRemedy);
        else if (last_hash_ != head.hash)
            note("chain", "", Version(), head.position, to_hex(head.hash), to_hex(last_hash_),
                 kRestoreRemedy);
        check_stream_heads();
    }

 private:
    void check(const log::EventView& view) {
        const Position next = last_.next();
        if (view.position != next)
            note("density", "", Version(), next, fmt::format("position {}", next.value()),
                 fmt::format("position {}", view.position.value()), kRestoreRemedy);
        const Hash hash = codec::chain_next(shard_, view.position, last_hash_, view.bytes);
        if (hash.view() != view.hash)
            note("chain", "", Version(), view.position, to_hex(hash), to_hex(view.hash),
                 kRestoreRemedy);
        last_ = view.position;
        last_hash_ = hash_from_bytes(view.hash);
        check_content(view);
    }

    void check_content(const log::EventView& view) {
        const auto decoded = codec::decode_event(view.bytes, *codec_);
        if (!decoded) {
            note("decode", "", Version(), view.position, "an event", decoded.error().what,
                 kRestoreRemedy);
            return;
        }
        const domain::EventMeta& meta = decoded->event.meta;
        if (meta.shard != shard_ || meta.position != view.position)
            note("density", meta.stream.str(), meta.version, view.position,
                 fmt::format("shard {} position {}", shard_.value(), view.position.value()),
                 fmt::format("shard {} position {}", meta.shard.value(), meta.position.value()),
                 kRestoreRemedy);
        Version& version = versions_[meta.stream];
        if (meta.version != version.next())
            note("version", meta.stream.str(), meta.version, view.position,
                 fmt::format("version {}", version.next().value()),
                 fmt::format("version {}", meta.version.value()), kRestoreRemedy);
        version = meta.version;
        if (meta.recorded_at < last_time_)
            note("time", meta.stream.str(), meta.version, view.position, format_time(last_time_),
                 format_time(meta.recorded_at), kRestoreRemedy);
        last_time_ = meta.recorded_at;
        const std::optional<Position> indexed = log_->position_of(meta.stream, meta.version);
        if (indexed != view.position)
            note("index", meta.stream.str(), meta.version, view.position,
                 fmt::format("position {}", view.position.value()),
                 indexed ? fmt::format("position {}", indexed->value()) : "nothing", kIndexRemedy);
    }

    void check_stream_heads() {
        for (const auto& [stream, version] : versions_) {
            const Version head = log_->stream_head(stream);
            if (head >= version) continue;
            note("index", stream.str(), version, Position(),
                 fmt::format("version {}", version.value()),
                 fmt::format("version {}", head.value()), kIndexRemedy);
        }
    }

    void note(std::string_view what, const std::string& stream, Version version, Position position,
              std::string expected, std::string found, std::string_view remedy) {
        if (++count_ > kFindingsMax) return;
        report_->findings.push_back({std::string(what), Stream(stream), version, shard_, position,
                                     std::move(expected), std::move(found), std::string(remedy)});
    }

    const log::EventLog* log_;
    const codec::Codec* codec_;
    const Shard shard_;
    LogReport* report_;
    Position last_;
    Hash last_hash_;
    Timestamp last_time_{INT64_MIN};
    std::unordered_map<Stream, Version> versions_;
    std::size_t count_ = 0;
};

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
    const LogStates folds(log, codec, Snapshots::kIgnore);
    finding.expected = folds.at(stream, stored->version)->digest().hex();
    finding.found = (*loaded)->digest().hex();
    if (finding.expected != finding.found) report.findings.push_back(finding);
}

}  // namespace

LogReport verify_log(const log::EventLog& log, const codec::Codec& codec,
                     const std::function<void(std::uint64_t)>& progress) {
    LogReport report;
    for (std::uint32_t shard = 0; shard < log.shard_count(); ++shard) {
        ShardCheck(log, codec, Shard(shard), report).run(progress);
        ++report.shards;
    }
    log.scan_streams(Scope(), Stream(), [&](const Stream& stream, Version) {
        check_snapshot(log, codec, stream, report);
        return report.findings.size() < kFindingsMax;
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
    log.scan_stream(stream, Version(0), [&](const log::EventView& view) {
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
    });
    if (last != head && report.findings.empty())
        note("density", Position(), fmt::format("version {}", head.value()),
             fmt::format("the stream ends at {}", last.value()));
    check_snapshot(log, codec, stream, report);
    return report;
}

}  // namespace skein::replay
