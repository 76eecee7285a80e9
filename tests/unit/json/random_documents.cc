#include "tests/unit/json/random_documents.h"

#include <fmt/format.h>

#include <array>
#include <bit>
#include <cmath>
#include <string_view>
#include <utility>

#include "engine/json/canonical.h"

namespace skein::json {

namespace {

constexpr std::array<std::string_view, 14> kPieces{"a",    "b",    "~", "/", "\"", "\\", "\n",
                                                   "\x01", "\x7f", "é", "€", "𝄞",  "0",  "~1"};

template <class T>
void shuffle(std::vector<T>& items, SeededRandom& random) {
    for (std::size_t i = items.size(); i > 1; --i) std::swap(items[i - 1], items[random.below(i)]);
}

}  // namespace

std::string RandomDocuments::string() {
    std::string out;
    for (std::uint64_t left = below(4); left > 0; --left) out += kPieces[below(kPieces.size())];
    return out;
}

double RandomDocuments::number() {
    switch (below(6)) {
        case 0: return static_cast<double>(below(20)) - 10;
        case 1: return static_cast<double>(below(1000)) / 8;
        case 2: return std::ldexp(1.0, static_cast<int>(below(140)) - 70);
        case 3: return static_cast<double>(random_.next());
        case 4: return -static_cast<double>(random_.next()) / 4;
        default: break;
    }
    const double any = std::bit_cast<double>(random_.next());
    return std::isfinite(any) ? any : 0.5;
}

Value RandomDocuments::document(std::size_t depth_max) {
    const std::uint64_t kind = below(depth_max == 0 ? 5 : 9);
    if (kind == 0) return {};
    if (kind == 1) return Value::boolean(below(2) == 0);
    if (kind == 2) return Value::number(number());
    if (kind == 3) return Value::string(string());
    if (kind == 4) return Value::integer(static_cast<std::int64_t>(below(5)));
    const std::uint64_t count = below(5);
    if (kind < 7) {
        std::vector<Value> elements;
        for (std::uint64_t i = 0; i < count; ++i) elements.push_back(document(depth_max - 1));
        return Value::array(elements);
    }
    std::vector<std::pair<std::string, Value>> members;
    for (std::uint64_t i = 0; i < count; ++i) {
        const std::string key = string();
        bool taken = false;
        for (const auto& member : members) taken = taken || member.first == key;
        if (!taken) members.emplace_back(key, document(depth_max - 1));
    }
    return Value::object(std::move(members));
}

Value RandomDocuments::changed(const Value& value) {
    if (below(6) == 0) return document(2);
    if (value.is_array()) {
        std::vector<Value> elements = value.elements();
        if (!elements.empty() && below(2) == 0) elements.pop_back();
        if (below(3) == 0) elements.push_back(document(2));
        if (!elements.empty()) {
            Value& picked = elements[below(elements.size())];
            picked = changed(picked);
        }
        return Value::array(elements);
    }
    if (!value.is_object()) return below(2) == 0 ? value : document(1);
    auto members = value.members();
    if (!members.empty() && below(3) == 0)
        members.erase(members.begin() + static_cast<std::ptrdiff_t>(below(members.size())));
    if (!members.empty()) {
        Value& picked = members[below(members.size())].second;
        picked = changed(picked);
    }
    const std::string key = string() + "+";
    if (below(2) == 0 && !value.find(key)) members.emplace_back(key, document(2));
    return Value::object(std::move(members));
}

std::string RandomDocuments::space() {
    static constexpr std::array<std::string_view, 6> kSpaces{"", "", " ", "\n", "\t", " \r\n "};
    return std::string(kSpaces[below(kSpaces.size())]);
}

std::string RandomDocuments::spelled_string(const std::string& text) {
    std::string out = "\"";
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        const bool must = byte < 0x20 || c == '"' || c == '\\';
        if (byte < 0x80 && (must || below(4) == 0)) {
            out += c == '/' && below(2) == 0 ? "\\/"
                   : c == '\n' && below(2) == 0
                       ? "\\n"
                       : fmt::format(fmt::runtime(below(2) == 0 ? "\\u{:04x}" : "\\u{:04X}"), byte);
        } else {
            out.push_back(c);
        }
    }
    return out + "\"";
}

std::string RandomDocuments::spelled_number(const Value& number) {
    std::string text = number.text();
    const bool whole = text.find_first_of(".e") == std::string::npos;
    if (text == "0" && below(2) == 0) text = "-0";
    // Digits that a double holds exactly may be written in any form.
    if (whole && text.size() < 15 && below(2) == 0) return text + ".0";
    if (whole && text.size() < 15 && text.back() != '0' && below(2) == 0) return text + "0e-1";
    if (whole && text.size() < 15 && below(2) == 0) return text + "E+0";
    if (!whole && below(2) == 0) return fmt::format("{:.17e}", *number.as_number());
    return text;
}

std::string RandomDocuments::spelled(const Value& value) {
    std::string out = space();
    if (value.is_string()) {
        out += spelled_string(*value.as_string());
    } else if (value.type() == Type::kNumber) {
        out += spelled_number(value);
    } else if (value.is_array()) {
        out += "[" + space();
        bool first = true;
        for (const Value& element : value.elements()) {
            out += (first ? "" : ",") + spelled(element);
            first = false;
        }
        out += "]";
    } else if (value.is_object()) {
        auto members = value.members();
        shuffle(members, random_);
        out += "{" + space();
        for (std::size_t i = 0; i < members.size(); ++i) {
            out += (i == 0 ? "" : ",") + space() + spelled_string(members[i].first) + space() + ":";
            out += spelled(members[i].second);
        }
        out += "}";
    } else {
        out += value.text();
    }
    return out + space();
}

}  // namespace skein::json
