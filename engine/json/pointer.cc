#include "engine/json/pointer.h"

#include <charconv>

#include "engine/json/patch.h"

namespace skein::json {

std::string pointer_escape(std::string_view token) {
    std::string out;
    out.reserve(token.size());
    for (const char c : token) {
        if (c == '~') {
            out.append("~0");
        } else if (c == '/') {
            out.append("~1");
        } else {
            out.push_back(c);
        }
    }
    return out;
}

std::optional<std::vector<std::string>> pointer_tokens(std::string_view pointer) {
    std::vector<std::string> tokens;
    if (!pointer.empty() && pointer.front() != '/') return std::nullopt;
    for (std::size_t i = 0; i < pointer.size(); ++i) {
        const char c = pointer[i];
        if (c == '/') {
            tokens.emplace_back();
        } else if (c != '~') {
            tokens.back().push_back(c);
        } else {
            ++i;
            if (i >= pointer.size() || (pointer[i] != '0' && pointer[i] != '1'))
                return std::nullopt;
            tokens.back().push_back(pointer[i] == '0' ? '~' : '/');
        }
    }
    return tokens;
}

std::optional<std::size_t> pointer_index(std::string_view token) {
    if (token.empty() || (token.size() > 1 && token.front() == '0')) return std::nullopt;
    for (const char c : token) {
        if (c < '0' || c > '9') return std::nullopt;
    }
    std::size_t index = 0;
    const auto end = std::from_chars(token.data(), token.data() + token.size(), index);
    if (end.ec != std::errc{}) return std::nullopt;
    return index;
}

std::optional<Value> resolve_pointer(const Value& document, std::string_view pointer) {
    const auto tokens = pointer_tokens(pointer);
    if (!tokens) return std::nullopt;
    std::optional<Value> value = document;
    for (const std::string& token : *tokens) {
        if (value->is_object()) {
            value = value->find(token);
        } else if (const auto index = pointer_index(token); index && value->is_array()) {
            value = value->at(*index);
        } else {
            return std::nullopt;
        }
        if (!value) return std::nullopt;
    }
    return value;
}

}  // namespace skein::json
