#include "tools/http/http_server.h"

#include <fmt/format.h>

#include <atomic>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/strand.hpp>
#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>

#include "engine/base/check.h"
#include "engine/base/fault.h"

namespace skein::http {

namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace wire = boost::beast::http;
using asio::ip::tcp;

// After accept() failed for want of descriptors.
constexpr std::chrono::milliseconds kAcceptPause{100};

}  // namespace

class HttpServer::Body : public std::enable_shared_from_this<HttpServer::Body> {
 public:
    explicit Body(const HttpServerOptions& options) : options_(options) {
        try {
            tcp::resolver resolver(context_);
            const auto found = resolver.resolve(options.endpoint.host, options.endpoint.port,
                                                tcp::resolver::passive);
            const tcp::endpoint place = found.begin()->endpoint();
            acceptor_.open(place.protocol());
            acceptor_.set_option(asio::socket_base::reuse_address(true));
            acceptor_.bind(place);
            acceptor_.listen();
        } catch (const boost::system::system_error& error) {
            throw Fault(FaultKind::kConfig,
                        fmt::format("cannot listen on {}:{}: {}", options.endpoint.host,
                                    options.endpoint.port, error.code().message()),
                        "Name another address with --http HOST:PORT; port 0 is any free one.");
        }
    }

    std::string address() const {
        const tcp::endpoint place = acceptor_.local_endpoint();
        std::string host = place.address().to_string();
        if (place.address().is_v6()) host = "[" + host + "]";
        return fmt::format("{}:{}", host, place.port());
    }

    void start(Handler handler) {
        handler_ = std::move(handler);
        accept();
        for (unsigned i = 0; i < options_.threads; ++i)
            threads_.emplace_back([this] { context_.run(); });
    }

    void stop(std::chrono::milliseconds patience) {
        {
            std::unique_lock lock(mutex_);
            if (is_stopped_) return;
            is_stopped_ = true;
            answered_.wait_for(lock, patience, [this] { return asked_ == 0; });
        }
        context_.stop();
        for (std::thread& thread : threads_) thread.join();
        boost::system::error_code ignored;
        acceptor_.close(ignored);  // who comes now is refused, not kept waiting
    }

    const HttpServerOptions& options() const { return options_; }
    const Handler& handler() const { return handler_; }
    void note_asked() {
        const std::lock_guard lock(mutex_);
        ++asked_;
    }
    void note_sent() {
        {
            const std::lock_guard lock(mutex_);
            --asked_;
        }
        answered_.notify_all();
    }
    void note_closed() { connections_.fetch_sub(1); }

 private:
    class Connection;
    void accept();

    const HttpServerOptions options_;
    Handler handler_;
    std::vector<std::thread> threads_;
    std::atomic<std::size_t> connections_{0};
    std::mutex mutex_;  // guards all below
    std::condition_variable answered_;
    std::size_t asked_ = 0;  // requests that are not answered and sent
    bool is_stopped_ = false;
    // The last members: what it still holds when it goes are connections, which use the others.
    asio::io_context context_;
    tcp::acceptor acceptor_{context_};
};

// One connection, on a strand of its own. The server outlives it.
class HttpServer::Body::Connection : public std::enable_shared_from_this<Connection> {
 public:
    Connection(Body& server, tcp::socket socket) : server_(server), stream_(std::move(socket)) {}
    ~Connection() { server_.note_closed(); }
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;

    void read() {
        parser_.emplace();
        parser_->body_limit(server_.options().body_bytes_max);
        stream_.expires_after(server_.options().idle_max);
        wire::async_read(stream_, buffer_, *parser_,
                         [self = shared_from_this()](beast::error_code error, std::size_t) {
                             self->take(error);
                         });
    }

 private:
    void take(beast::error_code error) {
        if (error == wire::error::body_limit) {
            keeps_open_ = false;
            server_.note_asked();
            return send({413, "text/plain", "the request is too large\n"});
        }
        if (error) return;  // the other side went, or was idle
        stream_.expires_never();
        auto message = parser_->release();
        keeps_open_ = message.keep_alive();
        server_.note_asked();
        Request request{std::string(message.method_string()), std::string(message.target()),
                        std::move(message.body())};
        server_.handler()(std::move(request),
                          Reply{server_.shared_from_this(), shared_from_this()});
    }

    // May be kept for longer than the server runs: it keeps what it needs, the connection first.
    struct Reply {
        std::shared_ptr<Body> server;
        std::shared_ptr<Connection> connection;

        void operator()(Response response) const {
            asio::post(connection->stream_.get_executor(),
                       [self = connection, response = std::move(response)]() mutable {
                           self->send(std::move(response));
                       });
        }
    };

    void send(Response response) {
        reply_ = {};
        reply_.version(11);
        reply_.result(response.status);
        reply_.set(wire::field::server, "skein");
        reply_.set(wire::field::content_type, response.content_type);
        for (const auto& [name, value] : response.headers) reply_.set(name, value);
        reply_.keep_alive(keeps_open_);
        reply_.body() = std::move(response.body);
        reply_.prepare_payload();
        stream_.expires_after(server_.options().idle_max);
        wire::async_write(stream_, reply_,
                          [self = shared_from_this()](beast::error_code error, std::size_t) {
                              self->server_.note_sent();
                              if (error || !self->keeps_open_) return self->close();
                              self->read();
                          });
    }

    void close() {
        beast::error_code ignored;
        stream_.socket().shutdown(tcp::socket::shutdown_send, ignored);
    }

    Body& server_;
    beast::tcp_stream stream_;
    beast::flat_buffer buffer_;
    std::optional<wire::request_parser<wire::string_body>> parser_;
    wire::response<wire::string_body> reply_;
    bool keeps_open_ = true;
};

void HttpServer::Body::accept() {
    acceptor_.async_accept(asio::make_strand(context_),
                           [this](beast::error_code error, tcp::socket socket) {
                               if (error == asio::error::operation_aborted) return;
                               if (error) {
                                   std::this_thread::sleep_for(kAcceptPause);
                               } else if (connections_.fetch_add(1) >= options_.connections_max) {
                                   connections_.fetch_sub(1);
                               } else {
                                   beast::error_code ignored;
                                   socket.set_option(tcp::no_delay(true), ignored);
                                   std::make_shared<Connection>(*this, std::move(socket))->read();
                               }
                               accept();
                           });
}

HttpServer::HttpServer(const HttpServerOptions& options) : body_(std::make_shared<Body>(options)) {}

HttpServer::~HttpServer() { stop(); }

std::string HttpServer::address() const { return body_->address(); }

void HttpServer::start(Handler handler) { body_->start(std::move(handler)); }

void HttpServer::stop(std::chrono::milliseconds patience) { body_->stop(patience); }

}  // namespace skein::http
