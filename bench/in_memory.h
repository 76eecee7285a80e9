// The domain in memory, without a log: what one core does when nothing else is in its way.
//
// Threads: one. Errors: a refused command ends the process.
#pragma once

#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "engine/domain/command.h"
#include "tools/library/store.h"

namespace skein::bench {

// The newest states of a scope, and the scene of a decision on them.
class World final : public domain::Scene {
 public:
    explicit World(const Kinds& kinds) : kinds_(kinds) {}

    domain::Command parse(const std::string& text);
    // Decides and evolves; the events go to `events` where it is given.
    void run(const domain::Command& command, std::vector<domain::Event>* events = nullptr);
    void apply(const domain::Event& event);
    domain::State& state(const Stream& stream);

    const domain::State& target() const override { return *target_; }
    std::optional<Version> expected_version() const override { return std::nullopt; }
    std::shared_ptr<const domain::State> current(const Stream& stream) const override;
    std::shared_ptr<const domain::State> at(const Stream& stream, Version version) const override;
    Result<Version, domain::Rejection> resolve(const Stream& stream,
                                               std::string_view point) const override;
    const domain::Limits& limits() const override { return limits_; }
    Timestamp now() const override { return Timestamp{1'700'000'000'000'000}; }

 private:
    const Kinds kinds_;
    const domain::Limits limits_;
    SystemRandom random_;
    mutable std::unordered_map<Stream, std::shared_ptr<domain::State>> states_;
    const domain::State* target_ = nullptr;
    std::uint64_t position_ = 0;
};

}  // namespace skein::bench
