#include "bench/peer.h"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <memory>

#include "engine/base/fault.h"

namespace skein::bench {

namespace {

std::string command_in(const char* variable) {
    const char* const command = std::getenv(variable);
    if (command == nullptr || *command == 0)
        throw Fault(FaultKind::kConfig, fmt::format("{} is not set", variable),
                    "Run `./tools/dev bench --servers peers`, which knows the peers.");
    return command;
}

std::string quoted(const std::string& word) {
    std::string text = "'";
    for (const char c : word) text += c == '\'' ? std::string("'\\''") : std::string(1, c);
    return text + "'";
}

}  // namespace

Peer::Peer(const char* variable) : command_(command_in(variable)) {}

double Peer::rate(const std::vector<std::string>& words) const {
    std::string line = command_;
    for (const std::string& word : words) line += " " + quoted(word);
    FILE* const output = ::popen(line.c_str(), "r");
    if (output == nullptr) throw Fault(FaultKind::kUnavailable, "no process can be started");
    std::string text;
    std::array<char, 256> some{};
    while (std::fgets(some.data(), some.size(), output) != nullptr) text += some.data();
    const int status = ::pclose(output);
    double rate = 0;
    const auto read = std::from_chars(text.data(), text.data() + text.size(), rate);
    if (status != 0 || read.ec != std::errc())
        throw Fault(FaultKind::kUnavailable,
                    fmt::format("a peer failed: {} (status {}): {}", line, status, text),
                    "Run that line by hand: it says more.");
    return rate;
}

}  // namespace skein::bench
