#include "tools/node/command_client.h"

#include <fmt/format.h>

#include "engine/base/fault.h"
#include "engine/json/parse.h"

namespace skein::node {

namespace {

// A node that stands still loses its shards: then another one is asked, under the same ids.
constexpr std::chrono::milliseconds kAnswerMax{5000};

std::string text_at(const json::Value& document, std::string_view key) {
    const auto member = document.find(key);
    return (member ? member->as_string() : std::nullopt).value_or("");
}

std::uint64_t number_at(const json::Value& document, std::string_view key) {
    const auto member = document.find(key);
    return (member ? member->as_unsigned_integer() : std::nullopt).value_or(0);
}

runtime::OutcomeEvent event_of(const json::Value& item) {
    return {Stream(text_at(item, "stream")), Version(number_at(item, "version")),
            Shard(number_at(item, "shard")), Position(number_at(item, "position"))};
}

const domain::RejectionCode* code_named(const domain::Registry& registry, std::string_view name) {
    for (const domain::RejectionCode* code : registry.codes())
        if (code->name == name) return code;
    return nullptr;
}

}  // namespace

runtime::Outcome outcome_of(const json::Value& document, const domain::Registry& registry) {
    runtime::Outcome outcome;
    if (!document.is_object()) {
        outcome.detail = "the node's answer is no result";
        return outcome;
    }
    outcome.command_id = Uuid::parse(text_at(document, "command_id"));
    const std::string kind = text_at(document, "outcome");
    if (kind == "accepted") {
        outcome.kind = runtime::OutcomeKind::kAccepted;
        const auto duplicate = document.find("duplicate");
        outcome.is_duplicate = duplicate && duplicate->as_boolean().value_or(false);
        const auto events = document.find("events");
        if (events && events->is_array())
            for (const json::Value& item : events->elements())
                outcome.events.push_back(event_of(item));
        return outcome;
    }
    outcome.detail = text_at(document, "message");
    if (kind != "rejected") return outcome;
    const std::string name = text_at(document, "code");
    const domain::RejectionCode* code = code_named(registry, name);
    if (code == nullptr) {
        outcome.detail =
            fmt::format("the node rejected it as {}, which this program does not know: {}", name,
                        outcome.detail);
        return outcome;
    }
    const auto context = document.find("context");
    return runtime::rejected(
        outcome.command_id,
        domain::reject(*code, outcome.detail, context ? *context : json::Value()));
}

std::vector<runtime::Outcome> CommandClient::send(const std::string& address,
                                                  const std::vector<json::Value>& commands,
                                                  AtRejection at_rejection) {
    auto& client = clients_[address];
    if (!client) {
        http::HttpClientOptions options;
        options.answer_max = kAnswerMax;
        client = std::make_unique<http::HttpClient>(address, options);
    }
    http::Request request{"POST", "/v1/commands", json::Value::array(commands).text()};
    if (at_rejection == AtRejection::kStop) request.target += "?on_rejection=stop";
    const http::Response response = client->ask(request);
    const auto document = json::parse(response.body);
    const bool is_whole = response.status == 200 && document && document->is_array() &&
                          document->count() == commands.size();
    if (!is_whole)
        throw Fault(FaultKind::kUnavailable,
                    fmt::format("the node at {} answered {} to {} commands", address,
                                response.status, commands.size()),
                    "Look at its log.");
    std::vector<runtime::Outcome> outcomes;
    for (const json::Value& item : document->elements())
        outcomes.push_back(outcome_of(item, *registry_));
    return outcomes;
}

}  // namespace skein::node
