#include "tools/cli/progress.h"

#include <fmt/format.h>

#include <algorithm>
#include <ostream>

#include "tools/cli/cli.h"
#include "tools/cli/interrupt.h"

namespace skein::cli {

namespace {

constexpr std::chrono::milliseconds kDrawEvery{200};
constexpr std::chrono::seconds kTellEvery{10};
constexpr std::uint64_t kBarWidth = 20;
constexpr double kBytesPerMib = 1024.0 * 1024.0;

std::string amount(std::uint64_t count, std::string_view unit) {
    if (unit == "bytes") return fmt::format("{:.1f}", static_cast<double>(count) / kBytesPerMib);
    return std::to_string(count);
}

ProgressOptions options_for(const Cli& cli, std::string_view unit, std::string next) {
    ProgressOptions options;
    options.unit = unit;
    options.next = std::move(next);
    options.surface = cli.has_terminal_errors() ? Surface::kTerminal : Surface::kPlain;
    return options;
}

}  // namespace

Progress::Progress(Cli& cli, std::string_view unit, std::string next)
    : Progress(cli.err(), options_for(cli, unit, std::move(next))) {}

Progress::Progress(std::ostream& out, ProgressOptions options)
    : out_(&out), options_(std::move(options)) {}

Progress::~Progress() { clear(); }

void Progress::clear() {
    if (is_drawn_) *out_ << "\r\033[K" << std::flush;
    is_drawn_ = false;
}

void Progress::report(std::string_view what, std::uint64_t done, std::uint64_t total) {
    if (is_interrupted()) throw Interrupted{options_.next};
    show(what, done, total);
}

void Progress::show(std::string_view what, std::uint64_t done, std::uint64_t total) {
    const Time now = options_.now();
    if (what_ != what) {
        what_ = what;
        started_ = now;
        printed_ = now;
    }
    const bool is_terminal = options_.surface == Surface::kTerminal;
    if (now - printed_ < (is_terminal ? std::chrono::milliseconds(kDrawEvery)
                                      : std::chrono::milliseconds(kTellEvery)))
        return;
    printed_ = now;
    if (is_terminal) {
        *out_ << '\r' << line(done, total, now) << "\033[K" << std::flush;
        is_drawn_ = true;
    } else {
        *out_ << line(done, total, now) << std::endl;
    }
}

std::string Progress::line(std::uint64_t done, std::uint64_t total, Time now) const {
    const double seconds = std::chrono::duration<double>(now - started_).count();
    const double rate = seconds > 0 ? static_cast<double>(done) / seconds : 0;
    const std::string_view unit = options_.unit == "bytes" ? "MiB" : options_.unit;
    const std::string per_second = amount(static_cast<std::uint64_t>(rate), options_.unit) + "/s";
    if (total == 0)
        return fmt::format("{}  {} {}  {}", what_, amount(done, options_.unit), unit, per_second);
    const std::uint64_t reached = std::min(done, total);
    const auto filled = static_cast<std::size_t>(reached * kBarWidth / total);
    const std::string bar =
        std::string(filled, '#') + std::string(static_cast<std::size_t>(kBarWidth) - filled, '-');
    const std::string eta =
        rate > 0 ? fmt::format("{:.0f} s", static_cast<double>(total - reached) / rate) : "?";
    return fmt::format("{}  [{}] {:>3} %  {} of {} {}  {}  ETA {}", what_, bar,
                       reached * 100 / total, amount(done, options_.unit),
                       amount(total, options_.unit), unit, per_second, eta);
}

}  // namespace skein::cli
