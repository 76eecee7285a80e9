// What one core decides, evolves and folds when no disk is in its way.
#include "bench/bench.h"
#include "bench/in_memory.h"
#include "bench/workload.h"
#include "engine/base/check.h"
#include "engine/codec/envelope.h"

namespace skein::bench {

namespace {

constexpr Shape kShape{16, 8};
constexpr std::size_t kCommands = 50'000;

// Commands that make the runs, then `kCommands` changes.
void make_runs(World& world, std::vector<domain::Event>* events) {
    for (std::size_t s = 0; s < kShape.swarms; ++s) {
        world.run(world.parse(create_command(s)), events);
        for (std::size_t r = 0; r < kShape.runs; ++r)
            world.run(world.parse(start_command(s, r)), events);
    }
}

std::vector<double> rates_of(const std::function<double()>& rate) {
    std::vector<double> rates;
    for (int run = -kWarmUps; run < kRuns; ++run) {
        const double measured = rate();
        if (run >= 0) rates.push_back(measured);
    }
    return rates;
}

std::vector<domain::Command> changes(World& world) {
    std::vector<domain::Command> commands;
    commands.reserve(kCommands);
    for (std::size_t i = 0; i < kCommands; ++i)
        commands.push_back(
            world.parse(set_command(i % kShape.swarms, i / kShape.swarms % kShape.runs, i)));
    return commands;
}

}  // namespace

void bench_decide(Report& report) {
    const auto measured = rates_of([] {
        World world(standard_kinds());
        make_runs(world, nullptr);
        const std::vector<domain::Command> commands = changes(world);
        return kCommands / seconds_of([&] {
                   for (const domain::Command& command : commands) world.run(command);
               });
    });
    report.add({"decide and evolve, one core", "commands/s", measured, 1e6});
}

void bench_fold(Report& report) {
    const Kinds kinds = standard_kinds();
    std::vector<std::string> envelopes;
    {
        World world(kinds);
        std::vector<domain::Event> events;
        make_runs(world, &events);
        for (const domain::Command& command : changes(world)) world.run(command, &events);
        for (const domain::Event& event : events)
            envelopes.push_back(codec::encode_event(event, Hash(), *kinds.codec));
    }
    const auto measured = rates_of([&] {
        World world(kinds);
        return static_cast<double>(envelopes.size()) / seconds_of([&] {
                   for (const std::string& bytes : envelopes) {
                       const auto decoded = codec::decode_event(bytes, *kinds.codec);
                       SKEIN_CHECK(decoded.has_value(), "an envelope does not decode");
                       world.apply(decoded->event);
                   }
               });
    });
    report.add({"fold of envelopes, decoding included, one core", "events/s", measured, 1.5e6});
}

}  // namespace skein::bench
