#include "tools/cli/environment.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdlib>
#include <string>

#include "engine/base/check.h"
#include "engine/base/fault.h"
#include "tools/cli/suggestion.h"
#include "tools/cli/text_output.h"

namespace skein::cli {

namespace {

constexpr std::array<const char*, 16> kSettings = {
    "SKEIN_KAFKA__COMMANDS_TOPIC", "SKEIN_KAFKA__DEAD_LETTERS_TOPIC",
    "SKEIN_KAFKA__EVENTS_TOPIC",   "SKEIN_KAFKA__OUTCOMES_TOPIC",
    "SKEIN_KAFKA__PROPERTIES",     "SKEIN_KAFKA__PROPERTIES_FILE",
    "SKEIN_LIMITS__COMMAND_BYTES", "SKEIN_LIMITS__EVENT_BYTES",
    "SKEIN_LIMITS__VALUE_BYTES",   "SKEIN_LIMITS__VARIABLE_BYTES",
    "SKEIN_NODE__ADVERTISE",       "SKEIN_NODE__HTTP",
    "SKEIN_NODE__LEASE",           "SKEIN_POSTGRES__CONNECT_TIMEOUT",
    "SKEIN_POSTGRES__POOL_SIZE",   "SKEIN_POSTGRES__SSLMODE",
};
constexpr std::uint64_t kSizeMax = 1ULL << 40;

bool is_setting(std::string_view name) {
    return std::find(kSettings.begin(), kSettings.end(), name) != kSettings.end();
}

std::optional<unsigned> shift_of(std::string_view unit) {
    if (unit.empty()) return 0;
    if (unit == "KiB") return 10;
    if (unit == "MiB") return 20;
    if (unit == "GiB") return 30;
    return std::nullopt;
}

void take_size(const char* name, std::size_t& size) {
    const char* text = setting(name);
    if (text == nullptr) return;
    const std::optional<std::uint64_t> parsed = parse_size(text);
    if (!parsed)
        throw Fault(FaultKind::kConfig,
                    fmt::format("{} is \"{}\", which is no size", name, printable(text)),
                    "Give bytes, or a number with KiB, MiB or GiB, like 64MiB; at most 1024GiB.");
    size = *parsed;
}

}  // namespace

const char* setting(const char* name) {
    SKEIN_CHECK(is_setting(name), "{} is no setting", name);
    // NOLINTNEXTLINE(concurrency-mt-unsafe): skein never changes its environment.
    return std::getenv(name);
}

void check_settings() {
    for (char** entry = environ; *entry != nullptr; ++entry) {
        const std::string_view text(*entry);
        const std::string_view name = text.substr(0, text.find('='));
        const bool has_section = name.find("__") != std::string_view::npos;
        if (!name.starts_with("SKEIN_") || !has_section || is_setting(name)) continue;
        throw Fault(FaultKind::kConfig,
                    fmt::format("the environment sets {}, which is no setting{}", printable(name),
                                suggestion(name, {kSettings.begin(), kSettings.end()})),
                    fmt::format("Correct its name, or unset it. There are: {}.",
                                fmt::join(kSettings, ", ")));
    }
}

std::optional<std::uint64_t> parse_size(std::string_view text) {
    std::uint64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc()) return std::nullopt;
    const auto shift =
        shift_of(text.substr(static_cast<std::size_t>(std::distance(text.data(), end))));
    if (!shift || number == 0 || number > (kSizeMax >> *shift)) return std::nullopt;
    return number << *shift;
}

domain::Limits limits_from_environment() {
    domain::Limits limits;
    take_size("SKEIN_LIMITS__VALUE_BYTES", limits.value_bytes_max);
    take_size("SKEIN_LIMITS__EVENT_BYTES", limits.event_bytes_max);
    take_size("SKEIN_LIMITS__VARIABLE_BYTES", limits.variable_bytes_max);
    take_size("SKEIN_LIMITS__COMMAND_BYTES", limits.command_bytes_max);
    return limits;
}

}  // namespace skein::cli
