// HttpServer: hands requests to a handler and sends what it answers, whenever that is.
//
// Connections are kept open between requests; one request of a connection is answered before the
// next is read. Bodies, connections and waiting times are bounded.
// Threads: the handler is called on the server's threads and must not block; an answer may be given
// from any thread, once. Errors: Fault kConfig where the address cannot be had.
// Source: design section 10 (Boost.Beast); interfaces section 5.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include "tools/http/http_message.h"

namespace skein::http {

struct HttpServerOptions {
    Endpoint endpoint;
    unsigned threads = 2;
    std::size_t body_bytes_max = 64U
                                 << 20;  // a request of many commands, values of 1 MiB among them
    std::size_t connections_max = 1024;  // more are closed unanswered
    std::chrono::seconds idle_max{60};   // of a connection between requests, and of a request
};

class HttpServer {
 public:
    using Answer = std::function<void(Response)>;
    using Handler = std::function<void(Request, Answer)>;

    // Listens at once; nothing is read before start().
    explicit HttpServer(const HttpServerOptions& options);
    ~HttpServer();  // stop()
    HttpServer(const HttpServer&) = delete;
    HttpServer& operator=(const HttpServer&) = delete;

    // HOST:PORT with the port that was had.
    std::string address() const;
    void start(Handler handler);
    // Waits at most `patience` until what was asked is answered and sent, then closes everything.
    // Answers given later go nowhere. Idempotent.
    void stop(std::chrono::milliseconds patience = std::chrono::milliseconds(0));

 private:
    class Body;
    std::shared_ptr<Body> body_;
};

}  // namespace skein::http
