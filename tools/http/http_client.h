// HttpClient: one connection to one server, opened when needed and kept.
//
// Threads: one. Errors: Fault kUnavailable where no whole answer came within the times below; what
// was asked may have been done.
#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "tools/http/http_message.h"

namespace skein::http {

struct HttpClientOptions {
    std::chrono::milliseconds connect_max{2000};
    std::chrono::milliseconds answer_max{15'000};
    std::size_t body_bytes_max = 256U << 20;
};

class HttpClient {
 public:
    explicit HttpClient(const std::string& address, HttpClientOptions options = {});
    ~HttpClient();
    HttpClient(const HttpClient&) = delete;
    HttpClient& operator=(const HttpClient&) = delete;

    // A connection that was kept and is gone by now is opened once more.
    Response ask(const Request& request);

 private:
    class Body;
    const std::unique_ptr<Body> body_;
};

}  // namespace skein::http
