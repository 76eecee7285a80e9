// What a node answers over HTTP: commands, the present state of swarms and runs out of its views,
// metrics, health and version.
//
// Threads: handle() from any; it does not block. Errors: RFC 9457 problems with the codes of the
// command line. Source: interfaces sections 5 and 6.
#pragma once

#include <atomic>
#include <string>

#include "tools/http/http_server.h"
#include "tools/node/node.h"

namespace skein::node {

class NodeHttp {
 public:
    // The node outlives every request that is not answered.
    NodeHttp(Node& node, std::string version) : node_(node), version_(std::move(version)) {}

    void handle(const http::Request& request, http::HttpServer::Answer answer);

 private:
    http::Response get(const http::Request& request) const;
    http::Response ready() const;
    http::Response version() const;
    http::Response state_of(const std::string& resource) const;
    void take_commands(const http::Request& request, http::HttpServer::Answer answer);
    void take_many(const json::Value& commands, bool stops, http::HttpServer::Answer answer);

    Node& node_;
    const std::string version_;
    std::atomic<std::uint64_t> requests_{0};
};

}  // namespace skein::node
