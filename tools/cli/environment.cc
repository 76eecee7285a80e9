#include "tools/cli/environment.h"

#include <fmt/format.h>

#include <charconv>
#include <cstdlib>

#include "engine/base/fault.h"
#include "tools/cli/text_output.h"

namespace skein::cli {

namespace {

constexpr std::uint64_t kSizeMax = 1ULL << 40;

std::optional<unsigned> shift_of(std::string_view unit) {
    if (unit.empty()) return 0;
    if (unit == "KiB") return 10;
    if (unit == "MiB") return 20;
    if (unit == "GiB") return 30;
    return std::nullopt;
}

void take_size(const char* name, std::size_t& size) {
    // NOLINTNEXTLINE(concurrency-mt-unsafe): skein never changes its environment.
    const char* text = std::getenv(name);
    if (text == nullptr) return;
    const std::optional<std::uint64_t> parsed = parse_size(text);
    if (!parsed)
        throw Fault(FaultKind::kConfig,
                    fmt::format("{} is \"{}\", which is no size", name, printable(text)),
                    "Give bytes, or a number with KiB, MiB or GiB, like 64MiB; at most 1024GiB.");
    size = *parsed;
}

}  // namespace

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
