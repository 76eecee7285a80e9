#include "projections/query/row_findings.h"

#include <fmt/format.h>

#include <algorithm>

#include "engine/base/hash.h"

namespace skein::projections {

namespace {

constexpr std::size_t kShownBytes = 16;

}  // namespace

FoundRow find_row(const store::ViewStore& rows, const std::string& key) {
    try {
        std::optional<std::string> value = rows.get(key);
        if (!value) return {};
        return {RowState::kSound, std::move(*value)};
    } catch (const store::ViewDamage&) {
        return {RowState::kBroken, {}};
    }
}

std::string show_bytes(std::string_view value, std::string_view other) {
    const std::size_t shorter = std::min(value.size(), other.size());
    const auto differs = std::mismatch(
        value.begin(), value.begin() + static_cast<std::ptrdiff_t>(shorter), other.begin());
    const auto at = static_cast<std::size_t>(differs.first - value.begin());
    return fmt::format("{} bytes, from byte {} on {}", value.size(), at,
                       to_hex(value.substr(at, kShownBytes)));
}

void expect_row(const store::ViewStore& rows, const std::string& key, const std::string& value,
                Views::RowFailure failure, RowFindings& findings) {
    findings.tick();
    const FoundRow found = find_row(rows, key);
    if (found.state == RowState::kBroken) return;
    if (found.state == RowState::kSound && found.value == value) return;
    const bool is_missing = found.state == RowState::kMissing;
    const std::string expected = is_missing ? "a row" : show_bytes(value, found.value);
    failure.expected = failure.expected.empty() ? expected : failure.expected + ": " + expected;
    failure.found = is_missing ? "none" : show_bytes(found.value, value);
    findings.add(std::move(failure));
}

}  // namespace skein::projections
