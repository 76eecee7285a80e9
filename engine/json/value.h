// Value: one JSON document as skein keeps it, immutable, in canonical form. Copies are cheap
// (shared).
//
// Canonical form (interfaces section 9): UTF-8, object keys sorted by bytes, no white space,
// shortest strings escapes (RFC 8785), exact integers in [-2^63, 2^64) as integers, other numbers
// as the shortest round trip, whole numbers outside that range with an exponent, -0 as 0. Equal
// documents have equal bytes, so equality and digests are byte comparisons. Arrays and strings that
// grow by append are held in chunks of about kChunkBytes, so that an append costs what it adds, not
// what is there.
// Threads: values may be read and copied from many threads. Errors: none; text from outside goes
// through parse.h. Source: V-05, design section 5.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace skein::json {

enum class Type : std::uint8_t { kNull, kBoolean, kNumber, kString, kArray, kObject };

std::string_view to_string(Type type);  // "null", "boolean", "number", ...

inline constexpr std::size_t kChunkBytes = 4096;
inline constexpr std::size_t kDepthMax = 128;  // a scalar is 0, `[]` is 1

class Value {
 public:
    Value() = default;  // null, as is a value that was moved from
    Value(const Value& other) : node_(other.node_) { retain(); }
    Value(Value&& other) noexcept : node_(std::exchange(other.node_, nullptr)) {}
    Value& operator=(const Value& other) { return *this = Value(other); }
    Value& operator=(Value&& other) noexcept {
        Value taken(std::move(other));
        std::swap(node_, taken.node_);
        return *this;
    }
    ~Value() { release(); }

    static Value boolean(bool value);
    static Value integer(std::int64_t value);
    static Value unsigned_integer(std::uint64_t value);
    static Value number(double value);           // finite; canonicalised
    static Value string(std::string_view text);  // valid UTF-8
    static Value array(const std::vector<Value>& elements);
    // Sorts; keys must differ.
    static Value object(std::vector<std::pair<std::string, Value>> members);
    // `bytes` must be canonical already: from our own rows, or a part of another value.
    static Value from_canonical(std::string_view bytes);

    Type type() const { return node_ == nullptr ? Type::kNull : node_->type; }
    bool is_null() const { return type() == Type::kNull; }
    bool is_object() const { return type() == Type::kObject; }
    bool is_array() const { return type() == Type::kArray; }
    bool is_string() const { return type() == Type::kString; }

    // The canonical bytes.
    std::string text() const;
    // The same in place, valid as long as a copy of this value lives; nullopt where it is chunked.
    std::optional<std::string_view> flat() const;
    void append_to(std::string& out) const;
    std::size_t size_bytes() const;  // of text(), O(1)
    std::size_t depth() const;       // counted once, then remembered
    std::size_t count() const;       // elements or members, 0 for scalars; likewise

    std::optional<bool> as_boolean() const;
    std::optional<std::int64_t> as_integer() const;            // exact integers that fit
    std::optional<std::uint64_t> as_unsigned_integer() const;  // likewise
    std::optional<double> as_number() const;                   // any number
    std::optional<std::string> as_string() const;              // unescaped

    // Arrays: element by index; walks in order. Elements are handed out as values of their own.
    std::optional<Value> at(std::size_t index) const;
    void for_each_element(const std::function<void(const Value&)>& visit) const;
    std::vector<Value> elements() const;

    // Objects: member by (unescaped) key; walks in key order.
    std::optional<Value> find(std::string_view key) const;
    void for_each_member(
        const std::function<void(std::string_view key, const Value&)>& visit) const;
    std::vector<std::pair<std::string, Value>> members() const;

    // Array plus one element, or string plus string, in time proportional to what is added.
    // Precondition: this is an array, or this and `added` are strings. The second form changes a
    // chunked value in place where nobody else holds it: `v = std::move(v).appended(added)`.
    Value appended(const Value& added) const&;
    Value appended(const Value& added) &&;

    // For stores that keep long arrays and strings in pieces: chunks in order; joined they are the
    // value. A piece of an array is "e1,e2,...", of a string its escaped text without the quotes.
    // All but the last piece are final: later appends never change them.
    struct Chunk {
        std::shared_ptr<const std::string> bytes;
        std::size_t count = 0;  // elements in it; for strings 0
    };
    bool is_chunked() const { return node_ != nullptr && node_->form == Form::kChunked; }
    std::vector<Chunk> chunks() const;  // none where the value is not chunked
    std::size_t chunk_count() const;
    Chunk chunk(std::size_t index) const;  // index < chunk_count()
    static Value from_chunks(Type type, std::vector<Chunk> chunks);
    // The same value held in chunks where it is an array or a string over kChunkBytes; else itself.
    Value chunked() const;

    bool operator==(const Value& other) const;

 private:
    enum class Form : std::uint8_t { kFlat, kChunked };
    enum class Lifetime : std::uint8_t { kCounted, kStatic };
    static constexpr std::size_t kUnknown = ~std::size_t{0};
    // A flat node is followed by `size` bytes of canonical text; null has no node.
    struct Node {
        Node(Type node_type, Form node_form, std::size_t node_size);
        mutable std::atomic<std::uint32_t> owners{1};
        Type type;
        Form form;
        Lifetime lifetime = Lifetime::kCounted;  // static nodes are shared without counting
        std::size_t size;                        // of the canonical text
        mutable std::atomic<std::size_t> depth{kUnknown};
        mutable std::atomic<std::size_t> count{kUnknown};
    };
    struct FlatNode;
    struct ChunkedNode;

    explicit Value(const Node* node) : node_(node) {}
    static Value flat_of(std::string_view head, std::string_view middle, std::string_view tail);
    static Value static_value(std::string_view bytes);
    static void destroy(const Node* node);
    const ChunkedNode& as_chunked() const;
    // What stands between the brackets, braces or quotes of a flat value.
    std::string_view inner() const;
    // The canonical bytes piece by piece, as views.
    template <class Visit>
    void each_piece(Visit&& visit) const;
    bool pieces_equal(const Value& other) const;
    bool is_sole_owner() const;

    void retain() const {
        if (node_ != nullptr && node_->lifetime == Lifetime::kCounted)
            node_->owners.fetch_add(1, std::memory_order_relaxed);
    }
    void release() {
        if (node_ == nullptr || node_->lifetime == Lifetime::kStatic) return;
        if (node_->owners.fetch_sub(1, std::memory_order_acq_rel) == 1) destroy(node_);
    }

    const Node* node_ = nullptr;
};

}  // namespace skein::json
