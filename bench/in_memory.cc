#include "bench/in_memory.h"

#include "bench/workload.h"
#include "engine/base/check.h"
#include "engine/domain/codes.h"

namespace skein::bench {

domain::Command World::parse(const std::string& text) {
    auto command = domain::parse_command(parsed(text), *kinds_.registry, limits_, random_.uuid());
    SKEIN_CHECK(command.has_value(), "the benchmark's command is refused: {}", text);
    return std::move(*command);
}

domain::State& World::state(const Stream& stream) {
    std::shared_ptr<domain::State>& state = states_[stream];
    if (!state) state = kinds_.registry->make_state(stream);
    return *state;
}

std::shared_ptr<const domain::State> World::current(const Stream& stream) const {
    const auto found = states_.find(stream);
    return found != states_.end() ? found->second : kinds_.registry->make_state(stream);
}

std::shared_ptr<const domain::State> World::at(const Stream& stream, Version /*version*/) const {
    return current(stream);
}

Result<Version, domain::Rejection> World::resolve(const Stream& /*stream*/,
                                                  std::string_view /*point*/) const {
    return fail(domain::reject(domain::codes::kPointOutOfRange, "there is no history here"));
}

void World::run(const domain::Command& command, std::vector<domain::Event>* events) {
    target_ = &state(command.stream);
    auto decision = command.body->decide(*this);
    SKEIN_CHECK(decision.has_value(), "the benchmark's command is rejected");
    for (domain::NewEvent& made : *decision) {
        domain::Event event;
        event.meta.stream = std::move(made.stream);
        domain::State& changed = state(event.meta.stream);
        event.meta.version = changed.version().next();
        event.meta.position = Position(++position_);
        event.meta.recorded_at = now();
        event.meta.command_id = command.id;
        event.meta.actor = command.actor;
        event.body = std::move(made.body);
        changed.apply(event, *this);
        if (events != nullptr) events->push_back(std::move(event));
    }
}

void World::apply(const domain::Event& event) { state(event.meta.stream).apply(event, *this); }

}  // namespace skein::bench
