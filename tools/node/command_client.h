// CommandClient: the way of commands to the nodes that own their shards: POST /v1/commands.
//
// Threads: one at a time. Errors: as CommandRoute.
// Source: interfaces section 5.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "engine/domain/kind.h"
#include "tools/http/http_client.h"
#include "tools/library/command_route.h"

namespace skein::node {

class CommandClient final : public CommandRoute {
 public:
    // `registry` knows the codes of rejections.
    explicit CommandClient(std::shared_ptr<const domain::Registry> registry)
        : registry_(std::move(registry)) {}

    std::vector<runtime::Outcome> send(const std::string& address,
                                       const std::vector<json::Value>& commands,
                                       AtRejection at_rejection) override;

 private:
    const std::shared_ptr<const domain::Registry> registry_;
    std::map<std::string, std::unique_ptr<http::HttpClient>> clients_;
};

// The outcome that a result document says; unknown where it is none that this program can read.
runtime::Outcome outcome_of(const json::Value& document, const domain::Registry& registry);

}  // namespace skein::node
