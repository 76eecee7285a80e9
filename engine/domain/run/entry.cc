#include "engine/domain/run/entry.h"

#include <fmt/format.h>

#include <array>
#include <charconv>

#include "engine/domain/enum_names.h"
#include "engine/domain/run/usage.h"
#include "engine/json/writer.h"

namespace skein::domain::run {

namespace {

using std::string_view;

constexpr std::array<string_view, 2> kAreaNames{"variables", "intermediate"};
constexpr std::array<string_view, 5> kSensitivityNames{"public", "internal", "confidential",
                                                       "secret", "pii"};
constexpr std::array<string_view, 4> kSourceNames{"parent", "step", "user", "system"};
constexpr std::array<string_view, 4> kDestinationNames{"parent_context", "blackboard",
                                                       "persistent_store", "external_system"};
constexpr std::array<string_view, 8> kRunStatusNames{
    "pending", "initializing", "running", "paused", "blocked", "completed", "failed", "cancelled"};
constexpr std::array<string_view, 7> kStepStatusNames{"pending", "running",   "completed", "failed",
                                                      "skipped", "cancelled", "blocked"};
constexpr std::array<string_view, 8> kStrategyNames{
    "child_wins",  "parent_wins",      "merge_objects", "array_concat",
    "keep_latest", "explicit_mapping", "fast_forward",  "manual_review"};

// What an entry's metadata takes in the document, beside its value and actor.
constexpr std::size_t kEntryFrameBytes = 96;

// One value for each sensitivity, since digests are taken at every change.
const json::Value& sensitivity_value(Sensitivity sensitivity) {
    static const auto values = [] {
        std::array<json::Value, kSensitivityNames.size()> made;
        for (std::size_t i = 0; i < made.size(); ++i)
            made[i] = json::Value::string(kSensitivityNames[i]);
        return made;
    }();
    return values[static_cast<std::size_t>(sensitivity)];
}

json::Value text_or_null(const std::string& text) {
    return text.empty() ? json::Value() : json::Value::string(text);
}

void member_version(json::ObjectWriter& out, std::string_view key, std::optional<Version> version) {
    if (version) {
        out.member_number(key, version->value());
    } else {
        out.member_null(key);
    }
}

std::optional<std::uint64_t> parse_count(string_view text) {
    std::uint64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
    if (text.size() > 1 && text.front() == '0') return std::nullopt;  // one id, one spelling
    return number;
}

}  // namespace

string_view to_string(Area area) { return enum_name(kAreaNames, area); }
string_view to_string(Sensitivity sensitivity) { return enum_name(kSensitivityNames, sensitivity); }
string_view to_string(Source source) { return enum_name(kSourceNames, source); }
string_view to_string(Destination destination) { return enum_name(kDestinationNames, destination); }
string_view to_string(RunStatus status) { return enum_name(kRunStatusNames, status); }
string_view to_string(StepStatus status) { return enum_name(kStepStatusNames, status); }
string_view to_string(Strategy strategy) { return enum_name(kStrategyNames, strategy); }

std::optional<Area> parse_area(string_view text) { return parse_enum<Area>(kAreaNames, text); }

json::Path value_path(Area area, string_view key) {
    static const json::Path kVariables = json::Path().key(to_string(Area::kVariables));
    static const json::Path kIntermediate = json::Path().key(to_string(Area::kIntermediate));
    return (area == Area::kVariables ? kVariables : kIntermediate).key(key).key("value");
}

bool is_terminal(RunStatus status) {
    return status == RunStatus::kCompleted || status == RunStatus::kFailed ||
           status == RunStatus::kCancelled;
}

bool is_terminal(StepStatus status) {
    return status == StepStatus::kCompleted || status == StepStatus::kFailed ||
           status == StepStatus::kSkipped || status == StepStatus::kCancelled;
}

json::Digest Entry::digest(const json::Path& at) const {
    json::Digest sum = json::container_digest(at, json::Type::kObject, 3);
    sum +=
        json::digest(at.key("mutable"), json::Value::boolean(mutability == Mutability::kMutable));
    sum += json::digest(at.key("sensitivity"), sensitivity_value(sensitivity));
    sum += value_digest;
    return sum;
}

std::size_t Entry::size_bytes() const {
    return kEntryFrameBytes + value.size_bytes() + actor.size();
}

json::Value Step::document() const {
    json::ObjectWriter out;
    out.member("detail", detail);
    member_version(out, "ended", ended);
    member_version(out, "started", started);
    out.member_text("status", to_string(status));
    out.member("type", text_or_null(type));
    return out.value();
}

json::Digest Step::digest(const json::Path& at) const { return json::digest(at, document()); }

std::size_t Step::size_bytes() const { return 96 + type.size() + detail.size_bytes(); }

json::Value ExportMark::document() const {
    json::ObjectWriter out;
    out.member_text("destination", to_string(destination));
    if (has_transformation) out.member_text("transformation", transformation);
    return out.value();
}

json::Digest ExportMark::digest(const json::Path& at) const { return json::digest(at, document()); }

std::size_t ExportMark::size_bytes() const { return 48 + transformation.size(); }

json::Value Tag::document() const { return json::Value::unsigned_integer(version.value()); }

json::Digest Tag::digest(const json::Path& at) const { return json::digest(at, document()); }

std::size_t Tag::size_bytes() const { return 8; }

json::Value Checkpoint::document() const {
    json::ObjectWriter out;
    out.member("description", text_or_null(description));
    out.member("retention", text_or_null(retention));
    out.member_number("version", version.value());
    return out.value();
}

json::Digest Checkpoint::digest(const json::Path& at) const { return json::digest(at, document()); }

std::size_t Checkpoint::size_bytes() const { return 64 + description.size() + retention.size(); }

std::string Conflict::id() const { return fmt::format("c{}.{}", version.value(), n); }

std::optional<ConflictId> parse_conflict_id(std::string_view text) {
    const std::size_t dot = text.find('.');
    if (dot == std::string_view::npos || text.front() != 'c') return std::nullopt;
    const auto version = parse_count(text.substr(1, dot - 1));
    const auto n = parse_count(text.substr(dot + 1));
    if (!version || !n) return std::nullopt;
    return ConflictId{*version, *n};
}

json::Value Conflict::document() const {
    json::ObjectWriter out;
    out.member_text("area", to_string(area));
    if (base) out.member("base", *base);
    out.member_text("from", from);
    out.member_text("id", id());
    out.member_text("key", key);
    if (source) out.member("source", *source);
    if (target) out.member("target", *target);
    out.member_number("version", from_version.value());
    return out.value();
}

json::Value RunPoint::document() const {
    json::ObjectWriter out;
    out.member_text("run", run);
    out.member_number("version", version.value());
    return out.value();
}

json::Value Usage::document() const {
    json::ObjectWriter out;
    for (const UsageField& field : kUsageFields) {
        const auto& amount = this->*field.member;
        if (amount) out.member(field.name, json::Value::number(*amount));
    }
    return out.value();
}

}  // namespace skein::domain::run
