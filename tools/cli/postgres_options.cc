#include "tools/cli/postgres_options.h"

#include <fmt/format.h>

#include <charconv>
#include <iterator>

#include "engine/base/fault.h"
#include "tools/cli/environment.h"
#include "tools/cli/text_output.h"

namespace skein::cli {

namespace {

constexpr std::size_t kPoolMax = 1000;  // a server has 100 connections where nobody changed that

[[noreturn]] void refuse(const char* name, const char* text, const char* remedy) {
    throw Fault(FaultKind::kConfig, fmt::format("{} is \"{}\"", name, printable(text)), remedy);
}

void take_pool_size(std::size_t& size) {
    constexpr const char* kName = "SKEIN_POSTGRES__POOL_SIZE";
    const char* text = setting(kName);
    if (text == nullptr) return;
    const std::string_view digits(text);
    std::size_t number = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
    const bool is_whole = error == std::errc() && end == digits.data() + digits.size();
    if (!is_whole || number == 0 || number > kPoolMax)
        refuse(kName, text, "Give a number of connections from 1 to 1000.");
    size = number;
}

void take_timeout(std::chrono::seconds& timeout) {
    constexpr const char* kName = "SKEIN_POSTGRES__CONNECT_TIMEOUT";
    const char* text = setting(kName);
    if (text == nullptr) return;
    const auto parsed = parse_duration(text);
    // Whole seconds are what Postgres takes, and below 2 it takes 2.
    if (!parsed || *parsed < std::chrono::seconds(1))
        refuse(kName, text, "Give a time from 1s to 1h, like 30s or 2m.");
    timeout = std::chrono::ceil<std::chrono::seconds>(*parsed);
}

}  // namespace

std::optional<std::chrono::milliseconds> parse_duration(std::string_view text) {
    constexpr std::uint64_t kHour = 3'600'000;
    std::uint64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc()) return std::nullopt;
    const std::string_view unit =
        text.substr(static_cast<std::size_t>(std::distance(text.data(), end)));
    std::uint64_t scale = 0;
    if (unit == "ms") scale = 1;
    if (unit == "s") scale = 1000;
    if (unit == "m") scale = 60'000;
    if (scale == 0 || number == 0 || number > kHour / scale) return std::nullopt;
    return std::chrono::milliseconds(number * scale);
}

log::PostgresLogOptions postgres_options(const std::string& dsn) {
    log::PostgresLogOptions options;
    options.connect.dsn = dsn;
    if (const char* mode = setting("SKEIN_POSTGRES__SSLMODE")) options.connect.sslmode = mode;
    take_pool_size(options.pool_size);
    take_timeout(options.connect.connect_timeout);
    return options;
}

}  // namespace skein::cli
