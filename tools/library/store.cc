#include "tools/library/store.h"

#include <fmt/format.h>

#include <utility>

#include "engine/base/fault.h"
#include "engine/domain/codes.h"
#include "engine/domain/command_text.h"
#include "engine/domain/kinds/standard.h"
#include "engine/json/parse.h"
#include "engine/log/postgres/lease_keeper.h"
#include "engine/log/rocksdb/rocks_log.h"
#include "tools/library/committed_states.h"
#include "tools/library/forwarder.h"
#include "tools/library/store_log.h"
#include "tools/library/view_acks.h"

namespace skein {

namespace {

Result<json::Value, domain::Rejection> parse_json(std::string_view text,
                                                  const domain::Limits& limits) {
    auto value = json::parse(text, domain::text_limits(limits));
    if (value) return std::move(*value);
    return fail(domain::unreadable(
        value.error(), fmt::format("line {}, column {}", value.error().line, value.error().column),
        limits));
}

}  // namespace

Kinds standard_kinds() {
    auto registry = std::make_shared<const domain::Registry>(domain::standard_registry());
    auto codec = std::make_shared<const codec::Codec>(codec::standard_codec(*registry));
    return {std::move(registry), std::move(codec)};
}

std::unique_ptr<Store> Store::open(const StoreOptions& options) {
    Kinds kinds = options.kinds ? *options.kinds : standard_kinds();
    return std::unique_ptr<Store>(new Store(options, std::move(kinds)));
}

Store::Store(const StoreOptions& options, Kinds kinds)
    : options_(options),
      kinds_(std::move(kinds)),
      clock_(options.clock != nullptr ? options.clock : &system_clock_),
      random_(options.random != nullptr ? options.random : &system_random_) {
    log_ = StoreLog::open(options_, *random_);
    projections::ViewOptions view_options = options_.views;
    view_options.directory = log_->views();
    log::EventLog& events = log_->reading();
    if (options_.feed) feed_ = options_.feed(events);
    view_options.feed = feed_.get();
    views_ = projections::Views::open(view_options, events, *kinds_.codec);
    folds_ = std::make_unique<replay::LogStates>(events, *kinds_.codec, replay::Snapshots::kIgnore);
    snapshot_folds_ =
        std::make_unique<replay::LogStates>(events, *kinds_.codec, replay::Snapshots::kUse);
    committed_ = std::make_unique<CommittedStates>(events, *views_, *folds_);
    view_acks_ = std::make_unique<ViewAcks>(*views_, options_.projecting);
    runtime_ = std::make_unique<runtime::Runtime>(
        runtime::Runtime::Parts{&log_->writing(), kinds_.codec.get(), committed_.get(), clock_,
                                random_},
        options_.runtime);
    if (options_.route && log_->keeper() != nullptr)
        forwarder_ = std::make_unique<Forwarder>(*this, *log_->keeper(), options_.route);
    if (options_.projecting == Projecting::kLive) views_->start();
}

Store::~Store() { close(); }

log::EventLog& Store::log() { return log_->reading(); }

log::LeaseKeeper* Store::leases() { return log_->keeper(); }

log::EventLog& Store::written_log() { return log_->writing(); }

void Store::checkpoint(const std::filesystem::path& directory,
                       const std::function<void(std::uint64_t, std::uint64_t)>& progress) {
    if (log_->embedded() == nullptr)
        throw Fault(FaultKind::kConfig, "the log is in Postgres: it is not copied as files",
                    "Use pg_dump or pg_basebackup; views are made anew from the log.");
    log_->embedded()->checkpoint(directory.string(), progress);
}

void Store::close() {
    if (forwarder_) forwarder_->stop();
    if (runtime_) runtime_->stop();
    log_->stop_writing();  // now: others take the shards over while the views are written out
    if (view_acks_) view_acks_->stop();  // while the views still follow the log
    if (views_) views_->stop();
}

Outcome Store::submit(std::string_view command, runtime::Runtime::Deadline deadline) {
    auto document = parse_json(command, options_.runtime.limits);
    if (!document) return runtime::rejected(std::nullopt, std::move(document.error()));
    return submit(*document, deadline);
}

Outcome Store::submit(const json::Value& command, runtime::Runtime::Deadline deadline) {
    if (forwarder_) return forwarder_->submit(command, deadline);
    auto parsed = runtime_->parse(command);
    if (!parsed)
        return runtime::rejected(domain::command_id_of(command), std::move(parsed.error()));
    const domain::Ack ack = parsed->ack;
    Outcome outcome = runtime_->submit(std::move(*parsed), deadline);
    if (ack == domain::Ack::kView && outcome.kind == OutcomeKind::kAccepted)
        return view_acks_->wait(std::move(outcome), deadline);
    return outcome;
}

void Store::submit_async(std::string_view command, runtime::Runtime::Callback done,
                         std::shared_ptr<runtime::Sequence> sequence) {
    auto document = parse_json(command, options_.runtime.limits);
    if (!document) return done(runtime::rejected(std::nullopt, std::move(document.error())));
    submit_async(*document, std::move(done), std::move(sequence));
}

void Store::submit_async(const json::Value& command, runtime::Runtime::Callback done,
                         std::shared_ptr<runtime::Sequence> sequence) {
    auto parsed = runtime_->parse(command);
    if (!parsed)
        return done(runtime::rejected(domain::command_id_of(command), std::move(parsed.error())));
    if (forwarder_)
        return forwarder_->put(command, std::move(*parsed), std::move(done), std::move(sequence));
    submit_async(std::move(*parsed), std::move(done), std::move(sequence));
}

Result<domain::Command, domain::Rejection> Store::parse(const json::Value& command) {
    return runtime_->parse(command);
}

void Store::submit_async(domain::Command command, runtime::Runtime::Callback done,
                         std::shared_ptr<runtime::Sequence> sequence) {
    if (command.ack == domain::Ack::kView)
        done = [this, answer = std::move(done)](Outcome outcome) {
            if (outcome.kind != OutcomeKind::kAccepted) return answer(std::move(outcome));
            view_acks_->wait_async(std::move(outcome), answer);
        };
    runtime_->submit_async(std::move(command), std::move(done), std::move(sequence));
}

runtime::Preview Store::preview(const json::Value& command) {
    auto parsed = runtime_->parse(command);
    if (!parsed)
        return {runtime::rejected(domain::command_id_of(command), std::move(parsed.error())), {}};
    return runtime_->preview(*parsed);
}

Result<replay::Resource, domain::Rejection> Store::find(std::string_view resource) const {
    return replay::find_resource(log_->reading(), *kinds_.registry, resource);
}

Result<Version, domain::Rejection> Store::resolve(const Stream& stream, const replay::Point& point,
                                                  replay::ClockKind clock) const {
    const replay::ResolveSources sources{&log_->reading(), kinds_.codec.get(), folds_.get(),
                                         clock_->now(), clock};
    return replay::resolve_version(sources, stream, point);
}

const replay::States& Store::states(ReadFrom from) {
    if (from == ReadFrom::kLog) return *folds_;
    if (from == ReadFrom::kSnapshot) return *snapshot_folds_;
    if (options_.projecting == Projecting::kOnDemand) views_->catch_up();
    return *committed_;
}

Result<Reading, domain::Rejection> Store::read(std::string_view address,
                                               const ReadOptions& options) {
    auto parsed = replay::parse_address(address);
    if (!parsed) return fail(parsed.error());
    auto resource = find(parsed->resource);
    if (!resource) return fail(resource.error());
    if (parsed->is_range())
        return fail(
            domain::reject(domain::codes::kInvalidPoint,
                           fmt::format("\"{}\" is a range; one point is expected here", address)));
    return read(*resource, parsed->point.value_or(replay::Point{}), options);
}

Result<Reading, domain::Rejection> Store::read(const replay::Resource& resource,
                                               const replay::Point& point,
                                               const ReadOptions& options) {
    const replay::States& source = states(options.from);
    const Timestamp now = clock_->now();
    const replay::ResolveSources sources{&log_->reading(), kinds_.codec.get(), &source, now,
                                         options.clock};
    const domain::Kind* kind = kinds_.registry->kind_of(resource.stream);
    Reading reading;
    reading.part = resource.part;
    if (kind->basis == domain::DocumentBasis::kScope) {
        auto position = replay::resolve_position(sources, resource.stream, point);
        if (!position) return fail(position.error());
        reading.state = source.document_at(resource.stream, *position);
    } else {
        auto version = replay::resolve_version(sources, resource.stream, point);
        if (!version) return fail(version.error());
        reading.state = source.at(resource.stream, *version);
    }
    // Interfaces section 9 (Blackboard): what "expired" is measured against.
    reading.expiry = reading.state->mark().recorded_at;
    if (point.kind == replay::PointKind::kHead && point.offset == 0) reading.expiry = now;
    if (point.kind == replay::PointKind::kTime) reading.expiry = point.time;
    if (point.kind == replay::PointKind::kAgo) reading.expiry = Timestamp{now.us - point.ago_us};
    return reading;
}

}  // namespace skein
