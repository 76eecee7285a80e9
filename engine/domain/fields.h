// Fields: reads the members of one JSON object of a command, and names what is wrong with them.
//
// Each getter marks its member as known. The first problem stays; after it getters return empty
// values, so that a parse function reads straight through and asks finish() once at the end.
// finish() also refuses members that nobody asked for, with the nearest known name.
// Threads: one owner. Errors: a Rejection of class invalid. Source: P-14, interfaces section 2.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/base/ids.h"
#include "engine/base/result.h"
#include "engine/base/time.h"
#include "engine/domain/rejection.h"
#include "engine/json/value.h"

namespace skein::domain {

struct Limits;

enum class Presence { kRequired, kOptional };

class Fields {
 public:
    // `where` is a JSON Pointer prefix for messages: "/data", "/data/updates/0".
    Fields(const json::Value& object, std::string where, const Limits& limits);

    const Limits& limits() const { return *limits_; }
    const std::string& where() const { return where_; }
    bool has(std::string_view name) const;

    // Absent optional members give nullopt, and so does null, but for value(). `name` is a literal.
    std::optional<std::string> id(std::string_view name, Presence presence);    // is_id
    std::optional<std::string> key(std::string_view name, Presence presence);   // is_key
    std::optional<std::string> text(std::string_view name, Presence presence);  // up to 512 bytes
    std::optional<std::string> long_text(std::string_view name, Presence presence);  // value limit
    std::optional<bool> boolean(std::string_view name, Presence presence);
    std::optional<std::uint64_t> whole_number(std::string_view name, Presence presence);
    std::optional<double> amount(std::string_view name, Presence presence);  // finite, >= 0
    std::optional<Timestamp> time(std::string_view name, Presence presence);
    std::optional<Uuid> uuid(std::string_view name, Presence presence);
    // An object that is read by Fields of its own: its members are limited, it as a whole is not.
    std::optional<json::Value> nested(std::string_view name, Presence presence);
    std::optional<json::Value> object(std::string_view name, Presence presence);
    std::optional<json::Value> array(std::string_view name, Presence presence);
    std::optional<json::Value> value(std::string_view name,
                                     Presence presence);  // any JSON, also null
    // One of `choices`; returns its index.
    std::optional<std::size_t> one_of(std::string_view name, Presence presence,
                                      const std::vector<std::string_view>& choices);
    // An object whose members are values under keys (is_key, value limit): inputs, outputs.
    std::optional<std::vector<std::pair<std::string, json::Value>>> keyed_values(
        std::string_view name, Presence presence);
    // An array of objects, each read by `read(Fields&)`; its problems become this one's.
    std::size_t each_object(std::string_view name, Presence presence,
                            const std::function<void(Fields&)>& read);

    // Reports a problem found by the caller, unless one stands already.
    void refuse(Rejection rejection);
    bool ok() const { return !problem_.has_value(); }
    // The first problem, or unknown members, or nothing.
    std::optional<Rejection> finish();

 private:
    std::optional<json::Value> member(std::string_view name, Presence presence);
    std::optional<json::Value> typed(std::string_view name, Presence presence);
    std::optional<std::string> string_member(std::string_view name, Presence presence);
    bool is_within_limits(std::string_view name, const json::Value& value);
    void refuse_missing(std::string_view name);
    void refuse_unknown(const std::string& name);
    void refuse_member(const RejectionCode& code, std::string_view name, std::string_view expected);

    std::string where_;
    const Limits* limits_;
    std::vector<std::pair<std::string, json::Value>> members_;
    std::vector<std::string_view> known_;
    std::optional<Rejection> problem_;
};

// The candidate nearest to `name` by edit distance, two letters swapped being one edit; empty where
// none is near (distance over 1/3).
std::string_view nearest(std::string_view name, const std::vector<std::string_view>& candidates);

}  // namespace skein::domain
