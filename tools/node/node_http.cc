#include "tools/node/node_http.h"

#include <fmt/format.h>

#include <mutex>
#include <utility>

#include "engine/base/fault.h"
#include "engine/domain/codes.h"
#include "engine/domain/command_text.h"
#include "engine/json/parse.h"
#include "engine/json/writer.h"
#include "tools/node/node_metrics.h"

namespace skein::node {

namespace {

constexpr const char* kProblem = "application/problem+json";
constexpr const char* kRetryAfter = "1";  // seconds

using http::Response;

// Members of `document` beside those of a problem; a member of its own wins.
std::string problem_text(unsigned status, std::string_view title, std::string_view detail,
                         const json::Value& document) {
    std::vector<std::pair<std::string, json::Value>> members = document.members();
    members.emplace_back("detail", json::Value::string(detail));
    members.emplace_back("status", json::Value::unsigned_integer(status));
    members.emplace_back("title", json::Value::string(title));
    members.emplace_back("type", json::Value::string("about:blank"));
    return json::Value::object(std::move(members)).text();
}

Response problem(unsigned status, std::string_view code, std::string_view detail) {
    json::ObjectWriter out;
    out.member_text("code", code);
    Response response{status, kProblem, problem_text(status, code, detail, out.value())};
    if (status == 503) response.headers.emplace_back("Retry-After", kRetryAfter);
    return response;
}

bool is_unavailable(const Outcome& outcome) {
    return outcome.kind == OutcomeKind::kRejected &&
           outcome.rejection->code->rejection_class == domain::RejectionClass::kUnavailable;
}

// One outcome as a reply: a result, which is also a problem where it is not accepted.
Response reply_of(const Outcome& outcome) {
    const json::Value document = runtime::outcome_document(outcome);
    if (outcome.kind == OutcomeKind::kAccepted) {
        Response response{200, "application/json", document.text()};
        const runtime::OutcomeEvent& last = outcome.events.back();
        response.headers.emplace_back(
            "Skein-Position", fmt::format("{}:{}", last.shard.value(), last.position.value()));
        return response;
    }
    if (outcome.kind == OutcomeKind::kUnknown)
        return {504, kProblem, problem_text(504, "unknown", outcome.detail, document)};
    const domain::Rejection& rejection = *outcome.rejection;
    const auto status = static_cast<unsigned>(domain::http_status(*rejection.code));
    Response response{status, kProblem,
                      problem_text(status, rejection.code->name, rejection.message, document)};
    if (is_unavailable(outcome)) response.headers.emplace_back("Retry-After", kRetryAfter);
    return response;
}

// The answers to an array of commands, until all are there.
struct Collected {
    std::mutex mutex;  // guards all below
    std::vector<std::optional<Outcome>> outcomes;
    std::size_t missing = 0;
    bool is_stopped = false;  // one was not accepted
    http::HttpServer::Answer answer;
};

Response reply_of(const Collected& collected) {
    std::vector<json::Value> documents;
    bool has_unavailable = false;
    for (const auto& outcome : collected.outcomes) {
        documents.push_back(runtime::outcome_document(*outcome));
        has_unavailable = has_unavailable || is_unavailable(*outcome);
    }
    Response response{200, "application/json", json::Value::array(documents).text()};
    if (has_unavailable) response.headers.emplace_back("Retry-After", kRetryAfter);
    return response;
}

void collect(const std::shared_ptr<Collected>& collected, std::size_t place, Outcome outcome) {
    {
        const std::lock_guard lock(collected->mutex);
        if (outcome.kind != OutcomeKind::kAccepted) collected->is_stopped = true;
        collected->outcomes[place] = std::move(outcome);
        if (--collected->missing > 0) return;
    }
    collected->answer(reply_of(*collected));
}

Outcome not_tried(const json::Value& command) {
    Outcome outcome;
    outcome.command_id = domain::command_id_of(command);
    outcome.detail = "not tried: an earlier command was rejected";
    return outcome;
}

// "/v1/swarms/s1/runs/r1" is swarm/s1/run/r1; nothing where it is neither that nor a swarm.
std::string resource_of(std::string_view path) {
    constexpr std::string_view kSwarms = "/v1/swarms/";
    constexpr std::string_view kRuns = "/runs/";
    if (!path.starts_with(kSwarms)) return {};
    path.remove_prefix(kSwarms.size());
    const std::size_t runs = path.find(kRuns);
    if (runs == std::string_view::npos)
        return path.find('/') == std::string_view::npos ? fmt::format("swarm/{}", path) : "";
    const std::string_view run = path.substr(runs + kRuns.size());
    if (run.find('/') != std::string_view::npos) return {};
    return fmt::format("swarm/{}/run/{}", path.substr(0, runs), run);
}

}  // namespace

void NodeHttp::handle(const http::Request& request, http::HttpServer::Answer answer) {
    requests_.fetch_add(1);
    try {
        if (request.path() == "/v1/commands") {
            if (request.method == "POST") return take_commands(request, std::move(answer));
            return answer(problem(405, "method-not-allowed", "commands are sent by POST"));
        }
        if (request.method != "GET" && request.method != "HEAD")
            return answer(problem(405, "method-not-allowed", "this is read by GET"));
        answer(get(request));
    } catch (const Fault& fault) {
        answer(problem(503, "unavailable", fault.what()));
    }
}

Response NodeHttp::get(const http::Request& request) const {
    const std::string path = request.path();
    if (path == "/livez")
        return node_.is_alive() ? Response{200, "text/plain", "ok\n"}
                                : Response{503, "text/plain", "a loop of this node is stuck\n"};
    if (path == "/readyz") return ready();
    if (path == "/version") return version();
    if (path == "/metrics")
        return {200, "text/plain; version=0.0.4; charset=utf-8",
                metrics_text(node_, version_, requests_.load())};
    const std::string resource = resource_of(path);
    if (!resource.empty()) return state_of(resource);
    return problem(404, "no-such-path", fmt::format("there is nothing at {}", path));
}

Response NodeHttp::ready() const {
    const std::vector<std::string> reasons = node_.unready();
    std::vector<json::Value> texts;
    texts.reserve(reasons.size());
    for (const std::string& reason : reasons) texts.push_back(json::Value::string(reason));
    json::ObjectWriter out;
    out.member_boolean("ready", reasons.empty());
    out.member("reasons", json::Value::array(texts));
    out.member_text("schema", "skein.ready/1");
    return {reasons.empty() ? 200U : 503U, "application/json", out.text()};
}

Response NodeHttp::version() const {
    json::ObjectWriter out;
    out.member_text("node", node_.name());
    out.member_text("schema", "skein.version/1");
    out.member_text("store_id", node_.store().log().info().store_id.str());
    out.member_text("version", version_);
    return {200, "application/json", out.text()};
}

// Out of the views alone: it is there also while the log is away.
Response NodeHttp::state_of(const std::string& resource) const {
    Store& store = node_.store();
    const Stream stream(resource);
    if (store.registry().kind_of(stream) == nullptr)
        return problem(404, "no-such-path", fmt::format("{} is no resource", resource));
    const Shard shard = log::shard_of(store.log(), stream);
    const Position applied = store.views().applied(shard);
    Reading reading;
    reading.state = store.views().document_latest(stream);
    reading.expiry = store.clock().now();
    Response response;
    if (reading.state->exists()) {
        response.body = reading.document().text();
    } else {
        response = problem(404, domain::codes::kNoSuchStream.name,
                           fmt::format("{} is not in the views of this node", resource));
    }
    response.headers.emplace_back("Skein-Position",
                                  fmt::format("{}:{}", shard.value(), applied.value()));
    if (node_.is_stale()) response.headers.emplace_back("Skein-Stale", "true");
    return response;
}

void NodeHttp::take_commands(const http::Request& request, http::HttpServer::Answer answer) {
    json::ParseLimits limits;
    limits.depth_max = domain::text_limits(node_.limits()).depth_max + 1;  // an array of them
    const auto document = json::parse(request.body, limits);
    if (!document) {
        const json::ParseError& error = document.error();
        return answer(reply_of(runtime::rejected(
            std::nullopt,
            domain::unreadable(error, fmt::format("line {}, column {}", error.line, error.column),
                               node_.limits()))));
    }
    if (document->is_array())
        return take_many(*document, request.has_query("on_rejection=stop"), std::move(answer));
    node_.submit(*document, [answer = std::move(answer)](const Outcome& outcome) {
        answer(reply_of(outcome));
    });
}

// With `stops`, what stands behind a command that was not accepted is not tried.
void NodeHttp::take_many(const json::Value& commands, bool stops, http::HttpServer::Answer answer) {
    const std::vector<json::Value> elements = commands.elements();
    if (elements.empty()) return answer({200, "application/json", "[]"});
    const auto collected = std::make_shared<Collected>();
    collected->outcomes.resize(elements.size());
    collected->missing = elements.size();
    collected->answer = std::move(answer);
    const auto sequence = stops ? std::make_shared<runtime::Sequence>() : nullptr;
    for (std::size_t i = 0; i < elements.size(); ++i) {
        bool is_stopped = false;
        {
            const std::lock_guard lock(collected->mutex);
            is_stopped = stops && collected->is_stopped;
        }
        if (is_stopped) {
            collect(collected, i, not_tried(elements[i]));
            continue;
        }
        node_.submit(
            elements[i],
            [collected, i](Outcome outcome) { collect(collected, i, std::move(outcome)); },
            sequence);
    }
}

}  // namespace skein::node
