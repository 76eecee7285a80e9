#include "engine/json/parse.h"

#include <simdjson.h>

#include <algorithm>
#include <cstring>
#include <memory>
#include <utility>
#include <vector>

#include "engine/json/canonical.h"
#include "engine/json/scanner.h"

namespace skein::json {

namespace {

namespace dom = simdjson::dom;

constexpr std::size_t kKeptBytesMax = 1U << 20;  // of the buffers that a thread keeps
constexpr std::size_t kCheckDepthMax = 1024;     // documents of ours wrap values of kDepthMax

// Writes what simdjson read in canonical form. One per thread: its buffers are used again.
class Reader {
 public:
    // The canonical text, valid until the next call; nullopt where `text` is refused.
    std::optional<std::string_view> read(std::string_view text, std::size_t depth_max) {
        depth_max_ = depth_max;
        out_.clear();
        members_.clear();
        zero_seen_ = false;
        if (!prepare(text)) return std::nullopt;
        dom::element root;
        if (parser_.parse(padded_.get(), text.size(), false).get(root) != simdjson::SUCCESS)
            return std::nullopt;
        if (!write(root, 0)) return std::nullopt;
        return std::string_view(out_);
    }
    // A number that reads as 0 may have been a tiny one: only its text tells.
    bool zero_seen() const { return zero_seen_; }

    void shrink() {
        if (padded_bytes_ <= kKeptBytesMax && out_.capacity() <= kKeptBytesMax) return;
        *this = Reader();
    }

 private:
    bool prepare(std::string_view text) {
        const std::size_t depth = depth_max_ + 2;  // ours is the stricter count
        if (parser_.capacity() < text.size() || parser_.max_depth() != depth) {
            const std::size_t capacity = std::max(text.size() + text.size() / 2, std::size_t{4096});
            if (parser_.allocate(capacity, depth) != simdjson::SUCCESS) return false;
        }
        const std::size_t needed = text.size() + simdjson::SIMDJSON_PADDING;
        if (padded_bytes_ < needed) {
            padded_ = std::make_unique<std::uint8_t[]>(needed * 2);
            padded_bytes_ = needed * 2;
        }
        if (!text.empty()) std::memcpy(padded_.get(), text.data(), text.size());
        std::memset(padded_.get() + text.size(), 0, simdjson::SIMDJSON_PADDING);
        return true;
    }

    // `depth` counts the containers around the element.
    bool write(const dom::element& element, std::size_t depth) {
        switch (element.type()) {
            case dom::element_type::ARRAY:
                return depth < depth_max_ && write_array(element, depth + 1);
            case dom::element_type::OBJECT:
                return depth < depth_max_ && write_object(element, depth + 1);
            case dom::element_type::STRING: {
                std::string_view text;
                if (element.get(text) != simdjson::SUCCESS) return false;
                append_quoted(out_, text);
                return true;
            }
            case dom::element_type::NULL_VALUE: out_.append("null"); return true;
            case dom::element_type::BOOL: {
                bool truth = false;
                if (element.get(truth) != simdjson::SUCCESS) return false;
                out_.append(truth ? "true" : "false");
                return true;
            }
            case dom::element_type::INT64:
            case dom::element_type::UINT64:
            case dom::element_type::DOUBLE: return write_number(element);
        }
        return false;
    }

    bool write_number(const dom::element& element) {
        std::int64_t below = 0;
        std::uint64_t above = 0;
        if (element.type() == dom::element_type::DOUBLE) {
            double number = 0;
            if (element.get(number) != simdjson::SUCCESS) return false;
            if (number == 0) zero_seen_ = true;
            append_number(out_, number);
            return true;
        }
        if (element.get(below) == simdjson::SUCCESS) {
            append_integer(out_, below);
        } else if (element.get(above) == simdjson::SUCCESS) {
            append_integer(out_, above);
        } else {
            return false;
        }
        return true;
    }

    bool write_array(const dom::element& element, std::size_t depth) {
        dom::array array;
        if (element.get(array) != simdjson::SUCCESS) return false;
        out_.push_back('[');
        bool first = true;
        for (const dom::element child : array) {
            if (!first) out_.push_back(',');
            first = false;
            if (!write(child, depth)) return false;
        }
        out_.push_back(']');
        return true;
    }

    // The members wait in `members_`, above those of the objects around this one.
    bool write_object(const dom::element& element, std::size_t depth) {
        dom::object object;
        if (element.get(object) != simdjson::SUCCESS) return false;
        const std::size_t base = members_.size();
        bool sorted = true;
        for (const auto field : object) {
            if (members_.size() > base && !(members_.back().first < field.key)) sorted = false;
            members_.emplace_back(field.key, field.value);
        }
        if (!sorted && !sort_members(base)) return false;
        out_.push_back('{');
        for (std::size_t i = base; i < members_.size(); ++i) {
            const auto [key, value] = members_[i];
            if (i > base) out_.push_back(',');
            append_quoted(out_, key);
            out_.push_back(':');
            const std::size_t count = members_.size();
            if (!write(value, depth)) return false;
            members_.resize(count);
        }
        members_.resize(base);
        out_.push_back('}');
        return true;
    }

    // Whether all keys from `base` on differ.
    bool sort_members(std::size_t base) {
        const auto begin = members_.begin() + static_cast<std::ptrdiff_t>(base);
        const auto by_key = [](const auto& a, const auto& b) { return a.first < b.first; };
        std::sort(begin, members_.end(), by_key);
        const auto same_key = [](const auto& a, const auto& b) { return a.first == b.first; };
        return std::adjacent_find(begin, members_.end(), same_key) == members_.end();
    }

    dom::parser parser_;
    std::unique_ptr<std::uint8_t[]> padded_;
    std::size_t padded_bytes_ = 0;
    std::string out_;
    std::vector<std::pair<std::string_view, dom::element>> members_;
    std::size_t depth_max_ = 0;
    bool zero_seen_ = false;
};

Reader& reader_of_this_thread() {
    thread_local Reader reader;
    return reader;
}

ParseError unnamed_error() { return {"the text is not JSON", 1, 1, 0}; }

}  // namespace

Result<Value, ParseError> parse(std::string_view text, const ParseLimits& limits) {
    if (text.size() > limits.bytes_max) return fail(*find_error(text, limits));
    Reader& reader = reader_of_this_thread();
    const std::optional<std::string_view> canonical = reader.read(text, limits.depth_max);
    if (!canonical || reader.zero_seen()) {
        const std::optional<ParseError> error = find_error(text, limits);
        if (error || !canonical) return fail(error.value_or(unnamed_error()));
    }
    Value value = Value::from_canonical(*canonical);
    reader.shrink();
    return value;
}

bool is_canonical(std::string_view bytes) {
    ParseLimits limits;
    limits.depth_max = kCheckDepthMax;
    limits.bytes_max = std::max(limits.bytes_max, bytes.size());
    if (bytes.empty() || bytes.size() > 0xffffffffU) return false;
    Reader& reader = reader_of_this_thread();
    const std::optional<std::string_view> canonical = reader.read(bytes, limits.depth_max);
    const bool same = canonical && *canonical == bytes;
    reader.shrink();
    return same;
}

}  // namespace skein::json
