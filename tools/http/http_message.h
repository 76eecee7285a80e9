// What is asked and answered over HTTP, as plain values.
//
// Threads: value types. Errors: none. Source: interfaces section 5.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace skein::http {

struct Request {
    std::string method;
    std::string target;  // path and query, as they came
    std::string body;

    std::string path() const { return target.substr(0, target.find('?')); }
    // Whether the query holds exactly this part: "on_rejection=stop".
    bool has_query(const std::string& part) const;
};

struct Response {
    unsigned status = 200;
    std::string content_type = "application/json";
    std::string body = {};
    std::vector<std::pair<std::string, std::string>> headers = {};
};

// HOST:PORT; a Fault kConfig where the text is none.
struct Endpoint {
    std::string host;
    std::string port;
};
Endpoint parse_endpoint(const std::string& text);

}  // namespace skein::http
