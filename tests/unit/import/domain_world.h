// DomainWorld: a sink that sends every command to the domain, with all states in memory.
//
// Threads: one. Errors: rejections are kept.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "engine/domain/kinds/standard.h"
#include "tools/import/importer.h"

namespace skein::import::testing {

class DomainWorld final : public CommandSink, public ProblemSink {
 public:
    Next put(json::Value command, const SourcePlace& place) override;
    Next report(const Problem& problem) override;

    // The run's document as `show --json` prints it, but for point and digest.
    json::Value document(const std::string& swarm, const std::string& run) const;
    // Of every stream, by its name.
    std::map<std::string, json::Digest> digests() const;
    // The text that the variables `text.*` make, in key order.
    std::string text(const std::string& swarm, const std::string& run) const;

    std::vector<std::string> rejections;          // place, rule, command
    std::map<std::string, std::uint64_t> events;  // by type

 private:
    class Scene;
    using Versions = std::vector<std::shared_ptr<const domain::State>>;  // 0 is the start

    Versions& versions_of(const Stream& stream) const;
    void take(const domain::NewEvents& made);

    domain::Registry registry_ = domain::standard_registry();
    domain::Limits limits_;
    mutable std::map<Stream, Versions> states_;
    std::set<Uuid> accepted_;
    std::uint64_t position_ = 0;
};

}  // namespace skein::import::testing
