#include "engine/domain/fields.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "engine/base/ids.h"
#include "engine/domain/codes.h"
#include "engine/domain/command.h"
#include "engine/json/writer.h"

namespace skein::domain {

namespace {

constexpr std::size_t kTextBytesMax = 512;         // actor, role, type: interfaces section 9
constexpr std::uint64_t kWholeMax = 1ULL << 53;    // above it a double leaves whole numbers out
constexpr std::size_t kSuggestionLengthMax = 128;  // longer names are no slips of the finger

json::Value field_context(const std::string& field) {
    json::ObjectWriter out;
    out.member_text("field", field);
    return out.value();
}

// Letters added, left out, replaced, or swapped with the next one (optimal string alignment).
std::size_t edit_distance(std::string_view a, std::string_view b) {
    std::vector<std::size_t> before_last(b.size() + 1);
    std::vector<std::size_t> last(b.size() + 1);
    std::vector<std::size_t> row(b.size() + 1);
    for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
    for (std::size_t i = 1; i <= a.size(); ++i) {
        before_last.swap(last);
        last.swap(row);
        row[0] = i;
        for (std::size_t j = 1; j <= b.size(); ++j) {
            const std::size_t replaced = last[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
            row[j] = std::min({replaced, last[j] + 1, row[j - 1] + 1});
            const bool is_swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
            if (is_swapped) row[j] = std::min(row[j], before_last[j - 2] + 1);
        }
    }
    return row[b.size()];
}

}  // namespace

std::string_view nearest(std::string_view name, const std::vector<std::string_view>& candidates) {
    if (name.size() > kSuggestionLengthMax) return {};
    std::string_view best;
    std::size_t best_distance = kSuggestionLengthMax;
    for (const std::string_view candidate : candidates) {
        const std::size_t distance = edit_distance(name, candidate);
        if (distance * 3 > std::max(name.size(), candidate.size())) continue;
        if (distance >= best_distance) continue;
        best = candidate;
        best_distance = distance;
    }
    return best;
}

Fields::Fields(const json::Value& object, std::string where, const Limits& limits)
    : where_(std::move(where)), limits_(&limits) {
    known_.reserve(8);
    if (object.is_object()) {
        members_ = object.members();
        return;
    }
    const std::string place = where_.empty() ? "The command" : where_;
    problem_ = reject(codes::kInvalidField,
                      fmt::format("{} must be an object, not {}.", place, to_string(object.type())),
                      field_context(where_));
}

bool Fields::has(std::string_view name) const {
    return std::any_of(members_.begin(), members_.end(),
                       [name](const auto& member) { return member.first == name; });
}

std::optional<json::Value> Fields::member(std::string_view name, Presence presence) {
    known_.emplace_back(name);
    for (const auto& [key, value] : members_) {
        if (key == name) return value;
    }
    if (presence == Presence::kRequired && !problem_) refuse_missing(name);
    return std::nullopt;
}

void Fields::refuse_missing(std::string_view name) {
    std::vector<std::string_view> unread;
    for (const auto& [key, value] : members_)
        if (std::find(known_.begin(), known_.end(), key) == known_.end()) unread.push_back(key);
    const std::string field = where_ + "/" + std::string(name);
    std::string message = fmt::format("{} is required.", field);
    const std::string_view near = nearest(name, unread);
    if (!near.empty()) message += fmt::format(" Is {} a misspelling of it?", near);
    problem_ = reject(codes::kMissingField, std::move(message), field_context(field));
}

std::optional<json::Value> Fields::typed(std::string_view name, Presence presence) {
    auto value = member(name, presence);
    if (value && value->is_null() && presence == Presence::kOptional) return std::nullopt;
    return value;
}

void Fields::refuse_member(const RejectionCode& code, std::string_view name,
                           std::string_view expected) {
    if (problem_) return;
    const std::string field = where_ + "/" + std::string(name);
    problem_ = reject(code, fmt::format("{} must be {}.", field, expected), field_context(field));
}

std::optional<std::string> Fields::string_member(std::string_view name, Presence presence) {
    const auto value = typed(name, presence);
    if (!value) return std::nullopt;
    auto text = value->as_string();
    if (!text) refuse_member(codes::kInvalidField, name, "a string");
    return text;
}

std::optional<std::string> Fields::id(std::string_view name, Presence presence) {
    auto text = string_member(name, presence);
    if (!text || is_id(*text)) return text;
    refuse_member(codes::kInvalidId, name, "an id: 1 to 128 characters of A-Z a-z 0-9 . _ : ~ -");
    return std::nullopt;
}

std::optional<std::string> Fields::key(std::string_view name, Presence presence) {
    auto text = string_member(name, presence);
    if (!text || is_key(*text)) return text;
    refuse_member(codes::kInvalidKey, name, "a key: 1 to 512 bytes of UTF-8 without NUL");
    return std::nullopt;
}

std::optional<std::string> Fields::text(std::string_view name, Presence presence) {
    auto text = string_member(name, presence);
    if (!text || text->size() <= kTextBytesMax) return text;
    refuse_member(codes::kInvalidField, name, "text of at most 512 bytes");
    return std::nullopt;
}

std::optional<std::string> Fields::long_text(std::string_view name, Presence presence) {
    auto text = string_member(name, presence);
    if (!text || text->size() <= limits_->value_bytes_max) return text;
    refuse_member(codes::kValueTooLarge, name,
                  fmt::format("at most {} bytes long", limits_->value_bytes_max));
    return std::nullopt;
}

std::optional<bool> Fields::boolean(std::string_view name, Presence presence) {
    const auto value = typed(name, presence);
    if (!value) return std::nullopt;
    const auto truth = value->as_boolean();
    if (!truth) refuse_member(codes::kInvalidField, name, "true or false");
    return truth;
}

std::optional<std::uint64_t> Fields::whole_number(std::string_view name, Presence presence) {
    const auto value = typed(name, presence);
    if (!value) return std::nullopt;
    const auto number = value->as_unsigned_integer();
    if (!number) refuse_member(codes::kInvalidField, name, "a whole number from 0 on");
    return number;
}

std::optional<double> Fields::amount(std::string_view name, Presence presence) {
    const auto value = typed(name, presence);
    if (!value) return std::nullopt;
    const auto number = value->as_number();
    const bool is_exact = value->as_unsigned_integer().value_or(0) <= kWholeMax;
    if (number && std::isfinite(*number) && *number >= 0 && is_exact) return number;
    refuse_member(codes::kInvalidField, name,
                  fmt::format("a number from 0 on, whole ones up to {}", kWholeMax));
    return std::nullopt;
}

std::optional<Timestamp> Fields::time(std::string_view name, Presence presence) {
    const auto text = string_member(name, presence);
    if (!text) return std::nullopt;
    const auto parsed = parse_time(*text);
    if (!parsed) refuse_member(codes::kInvalidTime, name, "a time like 2026-11-20T10:03:14Z");
    return parsed;
}

std::optional<Uuid> Fields::uuid(std::string_view name, Presence presence) {
    const auto text = string_member(name, presence);
    if (!text) return std::nullopt;
    const auto parsed = Uuid::parse(*text);
    if (!parsed) refuse_member(codes::kInvalidField, name, "a UUID, 8-4-4-4-12 hexadecimal digits");
    return parsed;
}

bool Fields::is_within_limits(std::string_view name, const json::Value& value) {
    if (value.size_bytes() > limits_->value_bytes_max) {
        refuse_member(codes::kValueTooLarge, name,
                      fmt::format("at most {} bytes long; it has {}", limits_->value_bytes_max,
                                  value.size_bytes()));
        return false;
    }
    if (value.depth() > limits_->depth_max) {
        refuse_member(codes::kValueTooDeep, name,
                      fmt::format("nested at most {} deep", limits_->depth_max));
        return false;
    }
    return true;
}

std::optional<json::Value> Fields::nested(std::string_view name, Presence presence) {
    auto value = typed(name, presence);
    if (!value || value->is_object()) return value;
    refuse_member(codes::kInvalidField, name, "an object");
    return std::nullopt;
}

std::optional<json::Value> Fields::object(std::string_view name, Presence presence) {
    auto value = nested(name, presence);
    return value && is_within_limits(name, *value) ? value : std::nullopt;
}

std::optional<json::Value> Fields::array(std::string_view name, Presence presence) {
    auto value = typed(name, presence);
    if (!value) return std::nullopt;
    if (value->is_array()) return is_within_limits(name, *value) ? value : std::nullopt;
    refuse_member(codes::kInvalidField, name, "an array");
    return std::nullopt;
}

std::optional<json::Value> Fields::value(std::string_view name, Presence presence) {
    auto value = member(name, presence);
    return value && is_within_limits(name, *value) ? value : std::nullopt;
}

std::optional<std::size_t> Fields::one_of(std::string_view name, Presence presence,
                                          const std::vector<std::string_view>& choices) {
    const auto text = string_member(name, presence);
    if (!text) return std::nullopt;
    const auto place = std::find(choices.begin(), choices.end(), *text);
    if (place != choices.end()) return static_cast<std::size_t>(place - choices.begin());
    std::string expected = "one of";
    for (const std::string_view choice : choices) {
        expected.append(expected.size() > 6 ? ", " : " ").append(choice);
    }
    const std::string_view near = nearest(*text, choices);
    if (!near.empty()) expected.append(" (did you mean ").append(near).append("?)");
    refuse_member(codes::kInvalidField, name, expected);
    return std::nullopt;
}

std::optional<std::vector<std::pair<std::string, json::Value>>> Fields::keyed_values(
    std::string_view name, Presence presence) {
    const auto object = nested(name, presence);
    if (!object) return std::nullopt;
    auto values = object->members();
    for (const auto& [key, value] : values) {
        const std::string place = std::string(name) + "/" + key;
        if (!is_key(key)) {
            refuse_member(codes::kInvalidKey, place, "under a key of 1 to 512 bytes without NUL");
            return std::nullopt;
        }
        if (!is_within_limits(place, value)) return std::nullopt;
    }
    return values;
}

std::size_t Fields::each_object(std::string_view name, Presence presence,
                                const std::function<void(Fields&)>& read) {
    const auto list = typed(name, presence);
    if (!list) return 0;
    if (!list->is_array()) {
        refuse_member(codes::kInvalidField, name, "an array of objects");
        return 0;
    }
    std::size_t index = 0;
    list->for_each_element([&](const json::Value& element) {
        if (!ok()) return;
        Fields fields(element, fmt::format("{}/{}/{}", where_, name, index++), *limits_);
        if (fields.ok()) read(fields);
        if (auto problem = fields.finish()) refuse(*std::move(problem));
    });
    return index;
}

void Fields::refuse(Rejection rejection) {
    if (!problem_) problem_ = std::move(rejection);
}

std::optional<Rejection> Fields::finish() {
    if (problem_) return problem_;
    for (const auto& member : members_) {
        if (std::find(known_.begin(), known_.end(), member.first) != known_.end()) continue;
        refuse_unknown(member.first);
        return problem_;
    }
    return std::nullopt;
}

void Fields::refuse_unknown(const std::string& name) {
    const std::string field = where_ + "/" + name;
    const std::string_view near = nearest(name, {known_.begin(), known_.end()});
    std::string message = fmt::format("{} is no field that is known here.", field);
    json::ObjectWriter context;
    context.member_text("field", field);
    if (!near.empty()) {
        message += fmt::format(" Did you mean {}?", near);
        context.member_text("suggestion", near);
    }
    refuse(reject(codes::kUnknownField, std::move(message), context.value()));
}

}  // namespace skein::domain
