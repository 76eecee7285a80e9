#include "engine/json/value.h"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <new>

#include "engine/base/check.h"
#include "engine/json/canonical.h"
#include "engine/json/chunk_list.h"

namespace skein::json {

std::string_view to_string(Type type) {
    switch (type) {
        case Type::kNull: return "null";
        case Type::kBoolean: return "boolean";
        case Type::kNumber: return "number";
        case Type::kString: return "string";
        case Type::kArray: return "array";
        case Type::kObject: return "object";
    }
    return "unknown";
}

Value::Node::Node(Type node_type, Form node_form, std::size_t node_size)
    : type(node_type), form(node_form), size(node_size) {}

struct Value::FlatNode : Node {
    FlatNode(Type node_type, std::size_t node_size) : Node(node_type, Form::kFlat, node_size) {}

    // Where the text of a flat node stands: behind it, in the same allocation.
    static char* text_of(const Node* node) {
        return const_cast<char*>(reinterpret_cast<const char*>(node)) + sizeof(FlatNode);
    }
    static FlatNode* make(std::string_view head, std::string_view middle, std::string_view tail) {
        const std::size_t size = head.size() + middle.size() + tail.size();
        void* memory = ::operator new(sizeof(FlatNode) + size);
        auto* node = new (memory) FlatNode(type_of(head.front()), size);
        char* out = text_of(node);
        for (const std::string_view part : {head, middle, tail}) {
            if (!part.empty()) std::memcpy(out, part.data(), part.size());
            out += part.size();
        }
        return node;
    }
};

struct Value::ChunkedNode : Node {
    ChunkedNode(Type node_type, ChunkList chunk_list)
        : Node(node_type, Form::kChunked, 0), list(std::move(chunk_list)) {
        count_up();
    }
    ChunkedNode(const ChunkedNode& other)
        : Node(other.type, other.form, other.size), list(other.list) {
        depth.store(other.depth.load(std::memory_order_relaxed), std::memory_order_relaxed);
    }

    // The chunks of a flat array or string.
    static ChunkedNode of(const Value& value) {
        ChunkList list;
        if (value.is_string()) list.add_text(value.inner());
        if (value.is_array()) {
            walk_elements(value.inner(), [&list](std::string_view element) {
                list.add_element(element);
                return true;
            });
        }
        ChunkedNode node(value.type(), std::move(list));
        node.depth.store(value.node_->depth.load(std::memory_order_relaxed),
                         std::memory_order_relaxed);
        return node;
    }

    void count_up() {
        const std::size_t pieces = list.piece_count();
        const std::size_t commas = type == Type::kArray && pieces > 0 ? pieces - 1 : 0;
        size = list.content_bytes() + commas + 2;
    }
    void add(const Value& added) {
        if (type == Type::kArray) {
            const std::size_t old_depth = depth.load(std::memory_order_relaxed);
            if (old_depth != kUnknown)
                depth.store(std::max(old_depth, added.depth() + 1), std::memory_order_relaxed);
            const auto flat = added.flat();
            list.add_element(flat ? *flat : std::string_view(added.text()));
        } else if (added.is_chunked()) {
            const ChunkList& other = added.as_chunked().list;
            for (std::size_t i = 0; i < other.piece_count(); ++i) list.add_text(other.piece(i));
        } else {
            list.add_text(added.inner());
        }
        count_up();
    }

    ChunkList list;
};

void Value::destroy(const Node* node) {
    if (node->form == Form::kChunked) {
        delete static_cast<const ChunkedNode*>(node);
        return;
    }
    const auto* flat = static_cast<const FlatNode*>(node);
    flat->~FlatNode();
    ::operator delete(const_cast<FlatNode*>(flat));
}

Value Value::flat_of(std::string_view head, std::string_view middle, std::string_view tail) {
    return Value(FlatNode::make(head, middle, tail));
}

// The few values that are everywhere have one node each, which is never freed or counted.
Value Value::static_value(std::string_view bytes) {
    static const auto make = [](std::string_view text) {
        FlatNode* node = FlatNode::make(text, {}, {});
        node->lifetime = Lifetime::kStatic;
        return node;
    };
    static const Node* const yes = make("true");
    static const Node* const no = make("false");
    static const Node* const empty_object = make("{}");
    static const Node* const empty_array = make("[]");
    static const Node* const empty_string = make("\"\"");
    switch (bytes.front()) {
        case 't': return Value(yes);
        case 'f': return Value(no);
        case '{': return Value(empty_object);
        case '[': return Value(empty_array);
        case '"': return Value(empty_string);
        default: return Value();
    }
}

Value Value::boolean(bool value) { return static_value(value ? "true" : "false"); }

Value Value::integer(std::int64_t value) {
    std::string text;
    append_integer(text, value);
    return flat_of(text, {}, {});
}

Value Value::unsigned_integer(std::uint64_t value) {
    std::string text;
    append_integer(text, value);
    return flat_of(text, {}, {});
}

Value Value::number(double value) {
    std::string text;
    append_number(text, value);
    return from_canonical(text);
}

Value Value::string(std::string_view text) {
    if (text.empty()) return static_value("\"\"");
    std::string escaped;
    append_escaped(escaped, text);
    return flat_of("\"", escaped, "\"");
}

Value Value::array(const std::vector<Value>& elements) {
    std::string out = "[";
    for (const Value& element : elements) {
        if (out.size() > 1) out.push_back(',');
        element.append_to(out);
    }
    out.push_back(']');
    Value made = from_canonical(out);
    if (made.node_ != nullptr) made.node_->count.store(elements.size(), std::memory_order_relaxed);
    return made;
}

Value Value::object(std::vector<std::pair<std::string, Value>> members) {
    const auto by_key = [](const auto& a, const auto& b) { return a.first < b.first; };
    std::sort(members.begin(), members.end(), by_key);
    std::string out = "{";
    for (std::size_t i = 0; i < members.size(); ++i) {
        const auto& [key, value] = members[i];
        SKEIN_CHECK(i == 0 || members[i - 1].first != key, "key {} stands there twice", key);
        if (i > 0) out.push_back(',');
        append_quoted(out, key);
        out.push_back(':');
        value.append_to(out);
    }
    out.push_back('}');
    return from_canonical(out);
}

Value Value::from_canonical(std::string_view bytes) {
    SKEIN_CHECK(!bytes.empty(), "a value has at least one byte");
    const bool shared = bytes.size() == 2 ? bytes == "{}" || bytes == "[]" || bytes == "\"\""
                                          : bytes == "null" || bytes == "true" || bytes == "false";
    return shared ? static_value(bytes) : flat_of(bytes, {}, {});
}

const Value::ChunkedNode& Value::as_chunked() const {
    return *static_cast<const ChunkedNode*>(node_);
}

std::optional<std::string_view> Value::flat() const {
    if (node_ == nullptr) return std::string_view("null");
    if (node_->form == Form::kChunked) return std::nullopt;
    return std::string_view(FlatNode::text_of(node_), node_->size);
}

std::string_view Value::inner() const { return inner_of(*flat()); }

template <class Visit>
void Value::each_piece(Visit&& visit) const {
    if (!is_chunked()) {
        visit(*flat());
        return;
    }
    const ChunkList& list = as_chunked().list;
    const bool is_list = type() == Type::kArray;
    visit(is_list ? std::string_view("[") : std::string_view("\""));
    for (std::size_t i = 0; i < list.piece_count(); ++i) {
        if (is_list && i > 0) visit(std::string_view(","));
        visit(list.piece(i));
    }
    visit(is_list ? std::string_view("]") : std::string_view("\""));
}

std::string Value::text() const {
    std::string out;
    append_to(out);
    return out;
}

void Value::append_to(std::string& out) const {
    if (is_chunked()) out.reserve(out.size() + size_bytes());
    each_piece([&out](std::string_view piece) { out.append(piece); });
}

std::size_t Value::size_bytes() const { return node_ == nullptr ? 4 : node_->size; }

std::size_t Value::depth() const {
    if (!is_array() && !is_object()) return 0;
    const std::size_t known = node_->depth.load(std::memory_order_relaxed);
    if (known != kUnknown) return known;
    std::size_t deepest = 0;
    if (is_chunked()) {
        const ChunkList& list = as_chunked().list;
        for (std::size_t i = 0; i < list.piece_count(); ++i)
            deepest = std::max(deepest, nesting(list.piece(i)));
        ++deepest;
    } else {
        deepest = nesting(*flat());
    }
    node_->depth.store(deepest, std::memory_order_relaxed);
    return deepest;
}

std::size_t Value::count() const {
    if (!is_array() && !is_object()) return 0;
    if (is_chunked()) return as_chunked().list.element_count();
    const std::size_t known = node_->count.load(std::memory_order_relaxed);
    if (known != kUnknown) return known;
    std::size_t counted = 0;
    if (is_array()) {
        walk_elements(inner(), [&](std::string_view) { return ++counted > 0; });
    } else {
        walk_members(inner(), [&](std::string_view, std::string_view) { return ++counted > 0; });
    }
    node_->count.store(counted, std::memory_order_relaxed);
    return counted;
}

std::optional<bool> Value::as_boolean() const {
    if (type() != Type::kBoolean) return std::nullopt;
    return flat()->front() == 't';
}

namespace {

template <class T>
std::optional<T> number_as(std::string_view text) {
    T value{};
    const auto end = std::from_chars(text.data(), text.data() + text.size(), value);
    if (end.ec != std::errc{} || end.ptr != text.data() + text.size()) return std::nullopt;
    return value;
}

}  // namespace

std::optional<std::int64_t> Value::as_integer() const {
    if (type() != Type::kNumber) return std::nullopt;
    return number_as<std::int64_t>(*flat());
}

std::optional<std::uint64_t> Value::as_unsigned_integer() const {
    if (type() != Type::kNumber) return std::nullopt;
    return number_as<std::uint64_t>(*flat());
}

std::optional<double> Value::as_number() const {
    if (type() != Type::kNumber) return std::nullopt;
    return number_as<double>(*flat());
}

std::optional<std::string> Value::as_string() const {
    if (!is_string()) return std::nullopt;
    if (!is_chunked()) return unescape(inner());
    std::string out;
    const ChunkList& list = as_chunked().list;
    out.reserve(list.content_bytes());
    for (std::size_t i = 0; i < list.piece_count(); ++i) out.append(unescape(list.piece(i)));
    return out;
}

std::optional<Value> Value::at(std::size_t index) const {
    if (!is_array()) return std::nullopt;
    std::optional<Value> found;
    const auto pick = [&](std::string_view element) {
        if (index == 0) found = from_canonical(element);
        return index-- != 0;
    };
    if (!is_chunked()) {
        walk_elements(inner(), pick);
        return found;
    }
    const ChunkList& list = as_chunked().list;
    for (std::size_t i = 0; i < list.piece_count() && !found; ++i) {
        if (index >= list.piece_elements(i)) {
            index -= list.piece_elements(i);
        } else {
            walk_elements(list.piece(i), pick);
        }
    }
    return found;
}

void Value::for_each_element(const std::function<void(const Value&)>& visit) const {
    if (!is_array()) return;
    const auto hand_out = [&visit](std::string_view element) {
        visit(from_canonical(element));
        return true;
    };
    if (!is_chunked()) {
        walk_elements(inner(), hand_out);
        return;
    }
    const ChunkList& list = as_chunked().list;
    for (std::size_t i = 0; i < list.piece_count(); ++i) walk_elements(list.piece(i), hand_out);
}

std::vector<Value> Value::elements() const {
    std::vector<Value> out;
    for_each_element([&out](const Value& element) { out.push_back(element); });
    return out;
}

std::optional<Value> Value::find(std::string_view key) const {
    if (!is_object()) return std::nullopt;
    std::string escaped;
    append_escaped(escaped, key);
    std::optional<Value> found;
    walk_members(inner(), [&](std::string_view name, std::string_view value) {
        if (name != escaped) return true;
        found = from_canonical(value);
        return false;
    });
    return found;
}

void Value::for_each_member(
    const std::function<void(std::string_view key, const Value&)>& visit) const {
    if (!is_object()) return;
    walk_members(inner(), [&visit](std::string_view name, std::string_view value) {
        if (has_escape(name)) {
            visit(unescape(name), from_canonical(value));
        } else {
            visit(name, from_canonical(value));
        }
        return true;
    });
}

std::vector<std::pair<std::string, Value>> Value::members() const {
    std::vector<std::pair<std::string, Value>> out;
    for_each_member(
        [&out](std::string_view key, const Value& value) { out.emplace_back(key, value); });
    return out;
}

bool Value::is_sole_owner() const {
    return node_ != nullptr && node_->lifetime == Lifetime::kCounted &&
           node_->owners.load(std::memory_order_acquire) == 1;
}

// A flat value stays flat as long as it fits one chunk.
Value Value::appended(const Value& added) const& {
    SKEIN_CHECK(is_array() || (is_string() && added.is_string()), "cannot append a {} to a {}",
                to_string(added.type()), to_string(type()));
    const std::size_t size_max = size_bytes() + added.size_bytes() + 1;
    if (!is_chunked() && !added.is_chunked() && size_max <= kChunkBytes) {
        const std::string_view old = *flat();
        const std::string_view open = old.substr(0, old.size() - 1);
        if (is_string()) return flat_of(open, added.inner(), "\"");
        std::string element(old.size() > 2 ? "," : "");
        element.append(*added.flat());
        return flat_of(open, element, "]");
    }
    auto* node = new ChunkedNode(is_chunked() ? as_chunked() : ChunkedNode::of(*this));
    node->add(added);
    return Value(node);
}

Value Value::appended(const Value& added) && {
    if (!is_chunked() || !is_sole_owner() || added.node_ == node_)
        return static_cast<const Value&>(*this).appended(added);
    const_cast<ChunkedNode&>(as_chunked()).add(added);
    return std::move(*this);
}

Value Value::chunked() const {
    if (is_chunked() || size_bytes() <= kChunkBytes || (!is_array() && !is_string())) return *this;
    return Value(new ChunkedNode(ChunkedNode::of(*this)));
}

std::size_t Value::chunk_count() const {
    return is_chunked() ? as_chunked().list.piece_count() : 0;
}

Value::Chunk Value::chunk(std::size_t index) const {
    SKEIN_CHECK(is_chunked(), "only chunked values have chunks");
    return as_chunked().list.chunk(index);
}

std::vector<Value::Chunk> Value::chunks() const {
    std::vector<Chunk> out;
    out.reserve(chunk_count());
    for (std::size_t i = 0; i < chunk_count(); ++i) out.push_back(chunk(i));
    return out;
}

Value Value::from_chunks(Type type, std::vector<Chunk> chunks) {
    SKEIN_CHECK(type == Type::kArray || type == Type::kString, "a {} has no chunks",
                to_string(type));
    ChunkList list;
    for (Chunk& chunk : chunks) list.add_chunk(std::move(chunk));
    list.reopen_tail();
    return Value(new ChunkedNode(type, std::move(list)));
}

bool Value::operator==(const Value& other) const {
    if (node_ == other.node_) return true;
    if (type() != other.type() || size_bytes() != other.size_bytes()) return false;
    if (!is_chunked() && !other.is_chunked()) return *flat() == *other.flat();
    return pieces_equal(other);
}

// Of two values of one size; their pieces may be cut differently.
bool Value::pieces_equal(const Value& other) const {
    std::vector<std::string_view> theirs;
    other.each_piece([&theirs](std::string_view piece) { theirs.push_back(piece); });
    std::size_t at = 0;
    bool equal = true;
    each_piece([&](std::string_view mine) {
        while (equal && !mine.empty()) {
            const std::size_t length = std::min(mine.size(), theirs[at].size());
            equal = mine.substr(0, length) == theirs[at].substr(0, length);
            mine.remove_prefix(length);
            theirs[at].remove_prefix(length);
            if (theirs[at].empty()) ++at;
        }
    });
    return equal;
}

}  // namespace skein::json
