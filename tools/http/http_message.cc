#include "tools/http/http_message.h"

#include <fmt/format.h>

#include <charconv>

#include "engine/base/fault.h"

namespace skein::http {

bool Request::has_query(const std::string& part) const {
    std::size_t at = target.find('?');
    while (at != std::string::npos) {
        const std::size_t end = target.find('&', ++at);
        if (target.compare(at, end == std::string::npos ? end : end - at, part) == 0) return true;
        at = end;
    }
    return false;
}

Endpoint parse_endpoint(const std::string& text) {
    const std::size_t colon = text.rfind(':');
    Endpoint endpoint;
    unsigned port = 0;
    bool is_sound = colon != std::string::npos && colon > 0;
    if (is_sound) {
        endpoint.host = text.substr(0, colon);
        endpoint.port = text.substr(colon + 1);
        const char* const last = endpoint.port.data() + endpoint.port.size();
        const auto [end, error] = std::from_chars(endpoint.port.data(), last, port);
        is_sound = error == std::errc() && end == last && port <= 65535;
    }
    if (!is_sound)
        throw Fault(FaultKind::kConfig, fmt::format("\"{}\" is no address", text),
                    "Write it as HOST:PORT, like 127.0.0.1:7534; port 0 is any free one.");
    if (endpoint.host.size() > 2 && endpoint.host.front() == '[' && endpoint.host.back() == ']')
        endpoint.host = endpoint.host.substr(1, endpoint.host.size() - 2);
    return endpoint;
}

}  // namespace skein::http
