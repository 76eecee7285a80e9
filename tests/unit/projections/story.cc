#include "tests/unit/projections/story.h"

#include "engine/base/check.h"

namespace skein::test {

namespace {

namespace run = domain::run;
namespace swarm = domain::swarm;

log::StoreInfo info_of(std::uint64_t seed, std::uint32_t shards) {
    SeededRandom random(seed ^ 0x5151);
    log::StoreInfo info;
    info.store_id = random.uuid();
    info.incarnation = random.uuid();
    info.shard_count = shards;
    info.secret = random.bytes(32);
    return info;
}

run::Update update_of(const std::string& key, run::UpdateOp op, json::Value value) {
    run::Update update;
    update.key = key;
    update.op = op;
    update.value = std::move(value);
    return update;
}

}  // namespace

Story::Story(std::uint64_t seed, std::uint32_t shards)
    : random_(seed),
      registry_(domain::standard_registry()),
      codec_(codec::standard_codec(registry_)),
      log_(info_of(seed, shards)) {}

Version Story::version(const Stream& stream) const {
    const auto known = versions_.find(stream);
    return known == versions_.end() ? Version() : known->second;
}

void Story::append(const Stream& stream, std::shared_ptr<const domain::EventBody> body) {
    append_bytes(
        stream, [](std::string bytes) { return bytes; }, std::move(body));
}

void Story::append_bytes(const Stream& stream,
                         const std::function<std::string(std::string)>& change,
                         std::shared_ptr<const domain::EventBody> body) {
    const Shard shard = log::shard_of(log_, stream);
    const log::Head head = log_.head(shard);
    domain::Event event;
    event.meta.stream = stream;
    event.meta.version = version(stream).next();
    event.meta.shard = shard;
    event.meta.position = head.position.next();
    clock_us_ += 1000;
    event.meta.event_id = make_event_id(clock_us_ / 1000, 7, shard, event.meta.position);
    event.meta.recorded_at = Timestamp{clock_us_};
    event.meta.command_id = random_.uuid();
    event.meta.actor = "teller";
    event.body = std::move(body);
    log::Batch batch;
    batch.shard = shard;
    batch.epoch = head.epoch;
    batch.expected_head = head.position;
    batch.commands.push_back({event.meta.command_id, scope_of(stream), Hash(), 1});
    log::BatchEvent stored;
    stored.stream = stream;
    stored.version = event.meta.version;
    stored.bytes = change(codec::encode_event(event, head.hash, codec_));
    stored.hash = codec::chain_next(shard, event.meta.position, head.hash, stored.bytes);
    batch.events.push_back(std::move(stored));
    const log::AppendResult result = log_.append_one(batch);
    SKEIN_CHECK(result.outcome == log::BatchOutcome::kAppended, "the story was not appended");
    if (version(stream).value() == 0) streams_.push_back(stream);
    versions_[stream] = event.meta.version;
}

void Story::create_swarm(const std::string& id) {
    auto created = std::make_shared<swarm::SwarmCreated>();
    created->goal = json::Value::string("goal of " + id);
    created->config = json::Value::object({});
    created->tools = json::Value::array({});
    append(Stream("swarm/" + id), created);
    swarms_.push_back(id);
}

Stream Story::start_run(const std::string& of_swarm, const std::string& id) {
    auto started = std::make_shared<run::RunStarted>();
    started->inputs.emplace_back("input", json::Value::string(std::string(300, 'i')));
    started->permissions = json::Value::array({});
    started->limits = json::Value::object({});
    const Stream stream("swarm/" + of_swarm + "/run/" + id);
    append(stream, started);
    runs_.push_back(stream);
    return stream;
}

void Story::set(const Stream& stream, const std::string& key, json::Value value) {
    auto updated = std::make_shared<run::ContextUpdated>();
    updated->updates.push_back(update_of(key, run::UpdateOp::kSet, std::move(value)));
    append(stream, updated);
}

void Story::append_to(const Stream& stream, const std::string& key, json::Value element) {
    auto updated = std::make_shared<run::ContextUpdated>();
    updated->updates.push_back(update_of(key, run::UpdateOp::kAppend, std::move(element)));
    append(stream, updated);
}

Stream Story::fork(const Stream& source, const std::string& id) {
    auto forked = std::make_shared<run::RunForked>();
    forked->source = {std::string(domain::segment_of(source, "run")), version(source)};
    const Stream stream(scope_of(source).str() + "/run/" + id);
    append(stream, forked);
    runs_.push_back(stream);
    return stream;
}

void Story::restore(const Stream& stream, Version to) {
    auto restored = std::make_shared<run::RunRestored>();
    restored->to = to;
    append(stream, restored);
}

void Story::tell(std::uint64_t events) {
    for (std::uint64_t n = 0; n < events; ++n) tell_one();
}

void Story::tell_one() {
    const std::uint64_t dice = random_.below(100);
    if (swarms_.empty() || (dice < 2 && swarms_.size() < 6))
        return create_swarm("s" + std::to_string(swarms_.size() + 1));
    if (runs_.empty() || (dice < 8 && runs_.size() < 40))
        return static_cast<void>(start_run(swarms_[random_.below(swarms_.size())], next_id()));
    const Stream target = any_run();
    if (dice < 14 && runs_.size() < 60) return static_cast<void>(fork(target, next_id()));
    if (dice < 18) return restore(target, Version(1 + random_.below(version(target).value())));
    if (dice < 22) {
        auto status = std::make_shared<run::RunStatusChanged>();
        status->status = dice < 20 ? run::RunStatus::kBlocked : run::RunStatus::kRunning;
        return append(target, status);
    }
    if (dice < 26) {
        auto board = std::make_shared<swarm::BlackboardUpdated>();
        swarm::BoardSet set;
        set.id = "item" + std::to_string(random_.below(5));
        set.value = json::Value::integer(static_cast<std::int64_t>(random_.below(1000)));
        board->sets.push_back(std::move(set));
        return append(Stream(scope_of(target).str()), board);
    }
    update(target);
}

void Story::update(const Stream& stream) {
    const std::string n = std::to_string(random_.below(6));
    const auto number = json::Value::integer(static_cast<std::int64_t>(random_.below(100000)));
    switch (random_.below(6)) {
        case 0: return set(stream, "number" + n, number);
        case 1: return append_to(stream, "list", json::Value::string(std::string(700, 'e') + n));
        case 2: return set(stream, "text" + n, json::Value::string(std::string(3000, 't') + n));
        case 3: {
            std::vector<json::Value> elements;
            for (int i = 0; i < 3000; ++i) elements.push_back(number);
            return set(stream, "array" + n, json::Value::array(elements));
        }
        case 4: {
            auto updated = std::make_shared<run::ContextUpdated>();
            updated->updates.push_back(
                update_of("number" + n, run::UpdateOp::kDelete, json::Value()));
            return append(stream, updated);
        }
        default: {
            auto step = std::make_shared<run::StepStarted>();
            step->step = "step" + std::to_string(version(stream).value());
            return append(stream, step);
        }
    }
}

}  // namespace skein::test
