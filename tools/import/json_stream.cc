#include "tools/import/json_stream.h"

#include <algorithm>

#include <fmt/format.h>

#include "engine/json/parse.h"

namespace skein::import {
namespace {

constexpr std::size_t kBufferBytes = 64 << 10;

bool is_space(int c) { return c == ' ' || c == '\n' || c == '\r' || c == '\t'; }

bool ends_scalar(int c) { return c < 0 || is_space(c) || c == ',' || c == ']' || c == '}'; }

std::string shown(int c) {
    return c < 0 ? std::string("the end of the file") : fmt::format("'{}'", static_cast<char>(c));
}

}  // namespace

JsonStream::JsonStream(const std::filesystem::path& file, std::size_t value_bytes_max)
    : file_(file, std::ios::binary),
      value_bytes_max_(value_bytes_max),
      buffer_(kBufferBytes, '\0') {
    if (!file_) fail("the file cannot be opened");
}

bool JsonStream::fill() {
    if (!ok()) return false;
    file_.read(buffer_.data(), static_cast<std::streamsize>(buffer_.size()));
    at_ = 0;
    end_ = static_cast<std::size_t>(file_.gcount());
    if (file_.bad()) fail("the file cannot be read");
    return end_ > 0;
}

int JsonStream::look() {
    if (at_ == end_ && !fill()) return -1;
    return static_cast<unsigned char>(buffer_[at_]);
}

void JsonStream::skip_space() {
    for (int c = look(); is_space(c); c = look()) {
        if (c == '\n') ++line_;
        advance();
    }
}

void JsonStream::fail(std::string reason) {
    if (!ok()) return;
    error_ = std::move(reason);
    at_ = end_;
    text_.clear();
}

char JsonStream::peek() {
    skip_space();
    const int c = look();
    return c < 0 ? '\0' : static_cast<char>(c);
}

bool JsonStream::enter(char bracket) {
    skip_space();
    const int c = look();
    if (c != bracket) {
        fail(fmt::format("expected '{}', found {}", bracket, shown(c)));
        return false;
    }
    advance();
    first_.push_back(true);
    return true;
}

void JsonStream::enter_object() { enter('{'); }
void JsonStream::enter_array() { enter('['); }

bool JsonStream::next(char closing) {
    if (!ok() || first_.empty()) return false;
    skip_space();
    const int c = look();
    if (c == closing) {
        advance();
        first_.pop_back();
        return false;
    }
    if (first_.back()) {
        first_.back() = false;
        return true;
    }
    if (c != ',') {
        fail(fmt::format("expected ',' or '{}', found {}", closing, shown(c)));
        return false;
    }
    advance();
    skip_space();
    return true;
}

bool JsonStream::next_element() { return next(']'); }

std::optional<std::string> JsonStream::next_member() {
    if (!next('}')) return std::nullopt;
    if (look() != '"') {
        fail(fmt::format("expected a member's name, found {}", shown(look())));
        return std::nullopt;
    }
    const auto key = json::parse(text());
    if (!ok()) return std::nullopt;
    if (!key) {
        fail("a member's name is broken: " + key.error().message);
        return std::nullopt;
    }
    skip_space();
    if (look() != ':') {
        fail(fmt::format("expected ':', found {}", shown(look())));
        return std::nullopt;
    }
    advance();
    skip_space();
    return key->as_string();
}

std::string_view JsonStream::text() {
    scan(Keep::kText);
    return text_;
}

void JsonStream::skip() { scan(Keep::kNothing); }

void JsonStream::finish() {
    skip_space();
    if (ok() && look() >= 0) fail("text follows the end of the document");
}

void JsonStream::keep_range(Keep keep, std::size_t from, std::size_t to) {
    line_ +=
        static_cast<std::uint64_t>(std::count(buffer_.data() + from, buffer_.data() + to, '\n'));
    if (keep == Keep::kNothing) return;
    text_.append(buffer_, from, to - from);
    if (text_.size() > value_bytes_max_)
        fail(fmt::format("a value is larger than {} bytes", value_bytes_max_));
}

void JsonStream::scan(Keep keep) {
    text_.clear();
    skip_space();
    value_line_ = line_;
    const int c = look();
    if (ends_scalar(c)) {
        fail(fmt::format("expected a value, found {}", shown(c)));
    } else if (c == '{' || c == '[' || c == '"') {
        scan_nested(keep);
    } else {
        scan_scalar(keep);
    }
}

void JsonStream::scan_scalar(Keep keep) {
    for (int c = look(); !ends_scalar(c); c = look()) {
        keep_range(keep, at_, at_ + 1);
        advance();
    }
}

// Brackets of both kinds count alike: whether they match is seen by who parses the text.
void JsonStream::scan_nested(Keep keep) {
    std::size_t depth = 0;
    bool in_string = false;
    bool escaped = false;
    while (look() >= 0) {
        const std::size_t from = at_;
        bool done = false;
        for (; at_ < end_ && !done; ++at_) {
            const char c = buffer_[at_];
            if (in_string) {
                if (escaped)
                    escaped = false;
                else if (c == '\\')
                    escaped = true;
                else if (c == '"')
                    in_string = false;
                done = !in_string && depth == 0;
            } else if (c == '"') {
                in_string = true;
            } else if (c == '{' || c == '[') {
                ++depth;
            } else if (c == '}' || c == ']') {
                done = --depth == 0;
            }
        }
        keep_range(keep, from, at_);
        if (done) return;
    }
    fail(fmt::format("the file ends inside the value that begins in line {}", value_line_));
}

}  // namespace skein::import
