#include "tests/node/serve_process.h"

#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <fstream>
#include <sstream>
#include <stdexcept>

#include "engine/base/fault.h"
#include "engine/base/random.h"
#include "engine/json/parse.h"
#include "engine/log/postgres/migrator.h"
#include "engine/log/postgres/postgres_log.h"
#include "tools/http/http_client.h"

namespace skein::node::test {

namespace {

constexpr std::uint32_t kShards = 16;
constexpr const char* kTakesCommands = " takes commands at ";

std::string text_at(const json::Value& document, std::string_view key) {
    const auto member = document.is_object() ? document.find(key) : std::nullopt;
    return (member ? member->as_string() : std::nullopt).value_or("");
}

}  // namespace

void make_store(const std::string& dsn) {
    log::PostgresLogOptions options;
    options.connect.dsn = dsn;
    options.mode = log::PostgresOpen::kCreate;
    options.shard_count = kShards;
    log::Migrator(options.connect).up();
    SystemRandom random;
    log::PostgresLog::open(options, random);
}

ServeProcess::ServeProcess(ServeOptions options)
    : options_(std::move(options)), directory_("/tmp/skein_node_") {
    launch();
    const bool is_up = comes_true([&] {
        ended();
        const std::string said = output();
        const std::size_t at = said.find(kTakesCommands);
        const std::size_t end = at == std::string::npos ? at : said.find('\n', at);
        if (end == std::string::npos) return process_ < 0;
        const std::size_t begin = at + std::string_view(kTakesCommands).size();
        address_ = said.substr(begin, end - begin);
        return true;
    });
    if (!is_up || process_ < 0) throw std::runtime_error("the node did not start:\n" + output());
}

ServeProcess::~ServeProcess() { kill(); }

void ServeProcess::launch() {
    skein::test::ServerCommand command;
    command.words = {SKEIN_PROGRAM, "--pg", options_.dsn, "--data", directory_.path()};
    if (!options_.kafka.empty())
        command.words.insert(command.words.end(), {"--kafka", options_.kafka});
    command.words.insert(command.words.end(),
                         {"serve", "--http", options_.address, "--lease", options_.lease});
    command.output = directory_.output();
    command.signal_at_end = SIGKILL;
    if (options_.disk != nullptr)
        command.prepare = [this] { options_.disk->hold(directory_.path()); };
    process_ = skein::test::start_process(command);
}

std::string ServeProcess::output() const {
    std::ifstream file(directory_.output());
    std::stringstream text;
    text << file.rdbuf();
    return text.str();
}

void ServeProcess::signal(int number) const {
    if (process_ > 0) ::kill(process_, number);
}

void ServeProcess::pause() const {
    signal(SIGSTOP);
    int status = 0;
    if (process_ > 0) ::waitpid(process_, &status, WUNTRACED);
}

int ServeProcess::wait() {
    if (process_ < 0) return -1;
    std::optional<int> exit;
    const bool has_ended = comes_true([&] { return (exit = ended()).has_value(); });
    if (!has_ended) throw std::runtime_error("the node does not end:\n" + output());
    return *exit;
}

std::optional<int> ServeProcess::ended() {
    int status = 0;
    if (process_ < 0 || ::waitpid(process_, &status, WNOHANG) != process_) return std::nullopt;
    process_ = -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

void ServeProcess::kill() {
    if (process_ < 0) return;
    signal(SIGKILL);
    ::waitpid(process_, nullptr, 0);
    process_ = -1;
}

std::optional<http::Response> ServeProcess::ask(const http::Request& request) const {
    try {
        return http::HttpClient(address_).ask(request);
    } catch (const Fault&) {
        return std::nullopt;
    }
}

std::optional<http::Response> ServeProcess::get(const std::string& path) const {
    return ask({"GET", path, ""});
}

std::optional<http::Response> ServeProcess::post(const std::string& body) const {
    return ask({"POST", "/v1/commands", body});
}

std::string ServeProcess::send(const std::string& command) const {
    const auto response = post(command);
    const auto result = response ? json::parse(response->body) : json::parse("null");
    if (!result) return {};
    const std::string outcome = text_at(*result, "outcome");
    return outcome == "rejected" ? text_at(*result, "code") : outcome;
}

std::optional<std::uint64_t> ServeProcess::metric(const std::string& name) const {
    const auto response = get("/metrics");
    if (!response || response->status != 200) return std::nullopt;
    const std::string line = "\n" + name + " ";
    const std::size_t at = response->body.find(line);
    if (at == std::string::npos) return std::nullopt;
    return std::stoull(response->body.substr(at + line.size()));
}

}  // namespace skein::node::test
