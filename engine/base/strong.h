// Strong types for ids and numbers, so that a version cannot stand where a position is meant.
//
// Threads: value types. Errors: none. Source: style rule 6.
#pragma once

#include <compare>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>

namespace skein {

// An unsigned number without implicit conversion. `next()` is the only arithmetic most need.
template <class Tag>
class StrongNumber {
 public:
    constexpr StrongNumber() = default;
    constexpr explicit StrongNumber(std::uint64_t value) : value_(value) {}

    constexpr std::uint64_t value() const { return value_; }
    constexpr StrongNumber next() const { return StrongNumber(value_ + 1); }
    constexpr auto operator<=>(const StrongNumber&) const = default;

 private:
    std::uint64_t value_ = 0;
};

// A text id without implicit conversion from or to strings.
template <class Tag>
class StrongText {
 public:
    StrongText() = default;
    explicit StrongText(std::string text) : text_(std::move(text)) {}

    const std::string& str() const { return text_; }
    bool empty() const { return text_.empty(); }
    auto operator<=>(const StrongText&) const = default;
    bool operator==(const StrongText&) const = default;

 private:
    std::string text_;
};

}  // namespace skein

template <class Tag>
struct std::hash<skein::StrongNumber<Tag>> {
    std::size_t operator()(const skein::StrongNumber<Tag>& n) const {
        return std::hash<std::uint64_t>{}(n.value());
    }
};

template <class Tag>
struct std::hash<skein::StrongText<Tag>> {
    std::size_t operator()(const skein::StrongText<Tag>& t) const {
        return std::hash<std::string>{}(t.str());
    }
};
