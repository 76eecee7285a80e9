// The server and the client against one another, over loopback.
#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <catch2/catch.hpp>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <vector>

#include "engine/base/fault.h"
#include "tools/http/http_client.h"
#include "tools/http/http_server.h"

namespace skein::http {

namespace {

HttpServerOptions any_port() {
    HttpServerOptions options;
    options.endpoint = {"127.0.0.1", "0"};
    return options;
}

// Answers with what was asked.
void echo(Request request, const HttpServer::Answer& answer) {
    answer({200, "text/plain", request.method + " " + request.target + " " + request.body});
}

std::string header_of(const Response& response, const std::string& name) {
    for (const auto& [key, value] : response.headers)
        if (key == name) return value;
    return {};
}

// Sends bytes that are no request; returns what came back until the connection closed.
std::string answer_to_bytes(const std::string& address, const std::string& bytes) {
    const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in place{};
    place.sin_family = AF_INET;
    place.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    place.sin_port =
        htons(static_cast<std::uint16_t>(std::stoi(address.substr(address.rfind(':') + 1))));
    REQUIRE(::connect(socket, reinterpret_cast<const sockaddr*>(&place), sizeof place) == 0);
    REQUIRE(::send(socket, bytes.data(), bytes.size(), 0) == static_cast<ssize_t>(bytes.size()));
    ::shutdown(socket, SHUT_WR);
    std::string answer(4096, '\0');
    const ssize_t size = ::recv(socket, answer.data(), answer.size(), 0);
    ::close(socket);
    return size > 0 ? answer.substr(0, static_cast<std::size_t>(size)) : std::string();
}

}  // namespace

TEST_CASE("http: many requests over one connection are answered, each with its own",
          "[unit][http]") {
    HttpServer server(any_port());
    server.start(echo);
    HttpClient client(server.address());
    for (int i = 0; i < 100; ++i) {
        const std::string body(static_cast<std::size_t>(i * i), 'x');
        const Response response = client.ask({"POST", "/a?b=" + std::to_string(i), body});
        CHECK(response.status == 200);
        CHECK(response.body == "POST /a?b=" + std::to_string(i) + " " + body);
        CHECK(header_of(response, "Server") == "skein");
    }
}

TEST_CASE("http: answers may come later, from other threads, in any order", "[unit][http]") {
    HttpServer server(any_port());
    std::mutex mutex;
    std::condition_variable arrived;
    std::vector<std::pair<std::string, HttpServer::Answer>> asked;
    server.start([&](Request request, HttpServer::Answer answer) {
        const std::lock_guard lock(mutex);
        asked.emplace_back(request.body, std::move(answer));
        arrived.notify_all();
    });
    constexpr std::size_t kClients = 8;
    std::atomic<std::size_t> right{0};
    std::vector<std::thread> clients;
    for (std::size_t i = 0; i < kClients; ++i)
        clients.emplace_back([&, i] {
            const std::string text = std::to_string(i);
            if (HttpClient(server.address()).ask({"POST", "/", text}).body == text) ++right;
        });
    {
        std::unique_lock lock(mutex);
        arrived.wait(lock, [&] { return asked.size() == kClients; });
        for (auto at = asked.rbegin(); at != asked.rend(); ++at)
            at->second({200, "text/plain", at->first});
    }
    for (std::thread& client : clients) client.join();
    CHECK(right == kClients);
}

TEST_CASE("http: what is asked when the server stops is answered first, later answers go nowhere",
          "[unit][http]") {
    HttpServer server(any_port());
    std::mutex mutex;
    std::condition_variable arrived;
    std::vector<HttpServer::Answer> asked;
    server.start([&](const Request&, HttpServer::Answer answer) {
        const std::lock_guard lock(mutex);
        asked.push_back(std::move(answer));
        arrived.notify_all();
    });
    const std::string address = server.address();
    std::atomic<unsigned> status{0};
    std::thread client([&] { status = HttpClient(address).ask({"GET", "/", ""}).status; });
    std::unique_lock lock(mutex);
    arrived.wait(lock, [&] { return !asked.empty(); });
    std::thread answering([&] { asked.front()({204}); });
    server.stop(std::chrono::seconds(30));
    answering.join();
    client.join();
    CHECK(status == 204);
    asked.front()({200});
    CHECK_THROWS_AS(HttpClient(address).ask({"GET", "/", ""}), Fault);
}

TEST_CASE("http: what is no request or too large ends its connection, and no other",
          "[unit][http]") {
    HttpServerOptions options = any_port();
    options.body_bytes_max = 1000;
    HttpServer server(options);
    server.start(echo);
    HttpClient client(server.address());
    CHECK(client.ask({"GET", "/", ""}).status == 200);
    CHECK(answer_to_bytes(server.address(), "\x16\x03\x01 nonsense\r\n\r\n") == "");
    CHECK(answer_to_bytes(server.address(), "") == "");
    CHECK(answer_to_bytes(server.address(), "POST / HTTP/1.1\r\nContent-Length: 100000\r\n\r\n")
              .starts_with("HTTP/1.1 413"));
    CHECK(answer_to_bytes(server.address(), "GET / HTTP/1.0\r\n\r\n").starts_with("HTTP/1.1 200"));
    CHECK(client.ask({"GET", "/", ""}).status == 200);
}

TEST_CASE("http: addresses are HOST:PORT, and parts of a query are found whole", "[unit][http]") {
    CHECK(parse_endpoint("127.0.0.1:7534").port == "7534");
    CHECK(parse_endpoint("[::1]:80").host == "::1");
    for (const char* const wrong : {"", ":", "host", "host:", ":80", "host:x", "host:65536"})
        CHECK_THROWS_AS(parse_endpoint(wrong), Fault);
    const Request request{"GET", "/a?b=1&c=22", ""};
    CHECK(request.path() == "/a");
    CHECK(request.has_query("b=1"));
    CHECK(request.has_query("c=22"));
    CHECK_FALSE(request.has_query("c=2"));
    CHECK_FALSE(Request{"GET", "/a", ""}.has_query("b=1"));
    HttpServer server(any_port());
    HttpServerOptions same;
    same.endpoint = parse_endpoint(server.address());
    CHECK_THROWS_AS(HttpServer(same), Fault);
}

}  // namespace skein::http
