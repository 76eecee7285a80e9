// What one core decides, evolves and folds when no disk is in its way.
#include <flatbuffers/flatbuffers.h>

#include <map>

#include "bench/bench.h"
#include "bench/in_memory.h"
#include "bench/workload.h"
#include "engine/base/check.h"
#include "engine/codec/envelope.h"
#include "skein_schemas/envelope_generated.h"

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

// So much work in `mine` seconds beside its ceiling, each of them measured anew in every run.
Comparison rates_of(std::size_t work, const std::function<double()>& mine,
                    const std::function<double()>& ceiling) {
    Comparison rates;
    for (int run = -kWarmUps; run < kRuns; ++run) {
        const double seconds = mine();
        const double at_least = ceiling();
        if (run >= 0)
            rates.add(static_cast<double>(work) / seconds, static_cast<double>(work) / at_least);
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
    const auto mine = [] {
        World world(standard_kinds());
        make_runs(world, nullptr);
        const std::vector<domain::Command> commands = changes(world);
        return seconds_of([&] {
            for (const domain::Command& command : commands) world.run(command);
        });
    };
    const auto values_alone = [] {
        const std::string value(kValueBytes, 'x');
        std::vector<std::map<std::string, std::string>> runs(kShape.swarms * kShape.runs);
        return seconds_of([&] {
            for (std::size_t i = 0; i < kCommands; ++i)
                runs[i % runs.size()].insert_or_assign("k" + std::to_string(i % kKeys),
                                                       std::string(value));
        });
    };
    report.add({"decide and evolve, one core", "commands/s",
                rates_of(kCommands, mine, values_alone), "such values into std::maps alone", 1e6,
                Better::kHigh, GoalOf::kValue});
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
    const auto mine = [&] {
        World world(kinds);
        return seconds_of([&] {
            for (const std::string& bytes : envelopes) {
                const auto decoded = codec::decode_event(bytes, *kinds.codec);
                SKEIN_CHECK(decoded.has_value(), "an envelope does not decode");
                world.apply(decoded->event);
            }
        });
    };
    const auto verifier_alone = [&] {
        return seconds_of([&] {
            for (const std::string& bytes : envelopes) {
                flatbuffers::Verifier verifier(reinterpret_cast<const std::uint8_t*>(bytes.data()),
                                               bytes.size());
                SKEIN_CHECK(fbs::VerifyEnvelopeBuffer(verifier), "an envelope is broken");
            }
        });
    };
    report.add({"fold of envelopes, decoding included, one core", "events/s",
                rates_of(envelopes.size(), mine, verifier_alone),
                "FlatBuffers' verifier of the envelopes alone", 1.5e6, Better::kHigh,
                GoalOf::kValue});
}

}  // namespace skein::bench
