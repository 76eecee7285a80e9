#include "engine/base/crash_point.h"

#include <unistd.h>

#include <atomic>
#include <csignal>
#include <cstdlib>
#include <string>

namespace skein {

namespace {

struct ArmedPoint {
    std::string name;
    long passes_left = 0;
};

// Read once, at the first passing: "name" or "name:N".
ArmedPoint armed_point() {
    // NOLINTNEXTLINE(concurrency-mt-unsafe): skein never changes its environment.
    const char* text = std::getenv("SKEIN_CRASH_AT");
    if (text == nullptr) return {};
    ArmedPoint point{text, 1};
    const std::size_t colon = point.name.rfind(':');
    if (colon != std::string::npos) {
        point.passes_left = std::strtol(point.name.c_str() + colon + 1, nullptr, 10);
        point.name.resize(colon);
    }
    return point;
}

}  // namespace

void pass_crash_point(const char* name) {
    static const ArmedPoint armed = armed_point();
    if (armed.name.empty() || armed.name != name) return;
    static std::atomic<long> left{armed.passes_left};
    if (left.fetch_sub(1) == 1) ::kill(::getpid(), SIGKILL);
}

}  // namespace skein
