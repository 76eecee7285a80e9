#include "engine/base/time.h"

#include <fmt/compile.h>
#include <fmt/format.h>

#include <chrono>

namespace skein {

namespace {

constexpr std::int64_t kMicrosPerSecond = 1'000'000;
constexpr std::int64_t kSecondsPerDay = 86'400;
constexpr std::int64_t kFirstSecond = -62'167'219'200;  // 0000-01-01T00:00:00Z
constexpr std::int64_t kLastSecond = 253'402'300'799;   // 9999-12-31T23:59:59Z

class Scanner {
 public:
    explicit Scanner(std::string_view text) : text_(text) {}

    // Exactly `count` decimal digits, or -1.
    int digits(std::size_t count) {
        if (text_.size() < count) return -1;
        int value = 0;
        for (std::size_t i = 0; i < count; ++i) {
            if (text_[i] < '0' || text_[i] > '9') return -1;
            value = value * 10 + (text_[i] - '0');
        }
        text_.remove_prefix(count);
        return value;
    }
    bool one_of(std::string_view choices) {
        if (text_.empty() || choices.find(text_.front()) == std::string_view::npos) return false;
        last_ = text_.front();
        text_.remove_prefix(1);
        return true;
    }
    char last() const { return last_; }
    bool done() const { return text_.empty(); }
    // Digits of a fraction as microseconds, further ones cut; -1 where there is none.
    std::int64_t fraction() {
        std::int64_t micros = 0;
        std::size_t count = 0;
        while (!text_.empty() && text_.front() >= '0' && text_.front() <= '9') {
            if (count < 6) micros = micros * 10 + (text_.front() - '0');
            ++count;
            text_.remove_prefix(1);
        }
        if (count == 0) return -1;
        for (; count < 6; ++count) micros *= 10;
        return micros;
    }

 private:
    std::string_view text_;
    char last_ = '\0';
};

struct ClockTime {
    int hour;
    int minute;
    int second;
    std::int64_t micros;
};

std::optional<ClockTime> scan_clock(Scanner& in) {
    ClockTime t{in.digits(2), 0, 0, 0};
    if (!in.one_of(":")) return std::nullopt;
    t.minute = in.digits(2);
    if (!in.one_of(":")) return std::nullopt;
    t.second = in.digits(2);
    if (t.hour < 0 || t.hour > 23 || t.minute < 0 || t.minute > 59 || t.second < 0 || t.second > 60)
        return std::nullopt;
    if (in.one_of(".")) t.micros = in.fraction();
    if (t.micros < 0) return std::nullopt;
    if (t.second == 60) {
        t.second = 59;
        t.micros = kMicrosPerSecond - 1;
    }
    return t;
}

// Seconds east of UTC.
std::optional<int> scan_offset(Scanner& in) {
    if (in.one_of("zZ")) return 0;
    if (!in.one_of("+-")) return std::nullopt;
    const int sign = in.last() == '-' ? -1 : 1;
    const int hours = in.digits(2);
    if (!in.one_of(":")) return std::nullopt;
    const int minutes = in.digits(2);
    if (hours < 0 || hours > 23 || minutes < 0 || minutes > 59) return std::nullopt;
    return sign * (hours * 3600 + minutes * 60);
}

}  // namespace

std::optional<Timestamp> parse_time(std::string_view text) {
    namespace chr = std::chrono;
    Scanner in(text);
    const int year = in.digits(4);
    if (!in.one_of("-")) return std::nullopt;
    const int month = in.digits(2);
    if (!in.one_of("-")) return std::nullopt;
    const int day = in.digits(2);
    if (year < 0 || month < 0 || day < 0 || !in.one_of("tT ")) return std::nullopt;
    const chr::year_month_day date{chr::year{year}, chr::month{static_cast<unsigned>(month)},
                                   chr::day{static_cast<unsigned>(day)}};
    if (!date.ok()) return std::nullopt;
    const std::optional<ClockTime> clock = scan_clock(in);
    if (!clock) return std::nullopt;
    const std::optional<int> offset = scan_offset(in);
    if (!offset || !in.done()) return std::nullopt;
    const std::int64_t days = chr::sys_days{date}.time_since_epoch().count();
    const std::int64_t seconds =
        days * kSecondsPerDay + clock->hour * 3600 + clock->minute * 60 + clock->second - *offset;
    if (seconds < kFirstSecond || seconds > kLastSecond) return std::nullopt;
    return Timestamp{seconds * kMicrosPerSecond + clock->micros};
}

std::string format_time(Timestamp time) {
    namespace chr = std::chrono;
    const chr::sys_time<chr::microseconds> point{chr::microseconds{time.us}};
    const auto day = chr::floor<chr::days>(point);
    const chr::year_month_day date{day};
    const std::int64_t micros = (point - day).count();
    const std::int64_t seconds = micros / kMicrosPerSecond;
    return fmt::format(FMT_COMPILE("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:06}Z"),
                       static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                       static_cast<unsigned>(date.day()), seconds / 3600, seconds / 60 % 60,
                       seconds % 60, micros % kMicrosPerSecond);
}

Timestamp SystemClock::now() const {
    namespace chr = std::chrono;
    const auto since = chr::system_clock::now().time_since_epoch();
    return Timestamp{chr::duration_cast<chr::microseconds>(since).count()};
}

}  // namespace skein
