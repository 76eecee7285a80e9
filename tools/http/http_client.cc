#include "tools/http/http_client.h"

#include <fmt/format.h>

#include <boost/asio/connect.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <optional>
#include <utility>

#include "engine/base/fault.h"

namespace skein::http {

namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace wire = boost::beast::http;
using asio::ip::tcp;

}  // namespace

class HttpClient::Body {
 public:
    Body(const std::string& address, HttpClientOptions options)
        : address_(address), endpoint_(parse_endpoint(address)), options_(options) {}

    Response ask(const Request& request) {
        const bool is_kept = stream_.has_value();
        if (!is_kept) connect();
        try {
            return exchange(request);
        } catch (const boost::system::system_error& error) {
            stream_.reset();
            // A server may close a connection that was idle just when it is used again.
            if (!is_kept || error.code() == beast::error::timeout) refuse(error.code());
        }
        connect();
        try {
            return exchange(request);
        } catch (const boost::system::system_error& error) {
            stream_.reset();
            refuse(error.code());
        }
    }

 private:
    [[noreturn]] void refuse(const beast::error_code& error) const {
        throw Fault(FaultKind::kUnavailable,
                    fmt::format("the node at {} gave no answer: {}", address_, error.message()),
                    "Try again; another node takes its shards over where it is gone.");
    }

    // Runs what was begun; throws what it ended with.
    void run(const beast::error_code& error) {
        context_.restart();
        context_.run();
        if (error) throw boost::system::system_error(error);
    }

    void connect() {
        try {
            tcp::resolver resolver(context_);
            const auto found = resolver.resolve(endpoint_.host, endpoint_.port);
            stream_.emplace(context_);
            stream_->expires_after(options_.connect_max);
            beast::error_code ended;
            stream_->async_connect(
                found, [&](beast::error_code error, const tcp::endpoint&) { ended = error; });
            run(ended);
            stream_->socket().set_option(tcp::no_delay(true));
        } catch (const boost::system::system_error& error) {
            stream_.reset();
            refuse(error.code());
        }
    }

    Response exchange(const Request& request) {
        wire::request<wire::string_body> message;
        message.version(11);
        message.method_string(request.method);
        message.target(request.target);
        message.set(wire::field::host, address_);
        message.set(wire::field::content_type, "application/json");
        message.body() = request.body;
        message.prepare_payload();
        stream_->expires_after(options_.answer_max);
        beast::error_code ended;
        const auto note = [&](beast::error_code error, std::size_t) { ended = error; };
        wire::async_write(*stream_, message, note);
        run(ended);
        wire::response_parser<wire::string_body> parser;
        parser.body_limit(options_.body_bytes_max);
        beast::flat_buffer buffer;
        wire::async_read(*stream_, buffer, parser, note);
        run(ended);
        auto answer = parser.release();
        Response response;
        response.status = answer.result_int();
        response.content_type = std::string(answer[wire::field::content_type]);
        for (const auto& field : answer)
            response.headers.emplace_back(field.name_string(), field.value());
        response.body = std::move(answer.body());
        if (!answer.keep_alive()) stream_.reset();
        return response;
    }

    const std::string address_;
    const Endpoint endpoint_;
    const HttpClientOptions options_;
    asio::io_context context_;
    std::optional<beast::tcp_stream> stream_;
};

HttpClient::HttpClient(const std::string& address, HttpClientOptions options)
    : body_(std::make_unique<Body>(address, options)) {}

HttpClient::~HttpClient() = default;

Response HttpClient::ask(const Request& request) { return body_->ask(request); }

}  // namespace skein::http
