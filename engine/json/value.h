// Value: one JSON document as skein keeps it, immutable, in canonical form. Copies are cheap (shared).
//
// Canonical form (interfaces section 9): UTF-8, object keys sorted by bytes, no white space, shortest
// strings escapes (RFC 8785), exact integers in [-2^63, 2^64) as integers, other numbers as the
// shortest round trip, whole numbers outside that range with an exponent, -0 as 0. Equal documents
// have equal bytes, so equality and digests are byte comparisons.
// Arrays and strings that grow by append are held in chunks of about kChunkBytes, so that an append
// costs what it adds, not what is there.
// Threads: values may be read and copied from many threads. Errors: none; text from outside goes
// through parse.h. Source: V-05, design section 5.
#pragma once

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
    Value();  // null
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

    Type type() const;
    bool is_null() const { return type() == Type::kNull; }
    bool is_object() const { return type() == Type::kObject; }
    bool is_array() const { return type() == Type::kArray; }
    bool is_string() const { return type() == Type::kString; }

    // The canonical bytes.
    std::string text() const;
    void append_to(std::string& out) const;
    std::size_t size_bytes() const;  // of text(), O(1)
    std::size_t depth() const;
    std::size_t count() const;  // elements or members; 0 for scalars. O(1) for chunked arrays

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
    void for_each_member(const std::function<void(std::string_view key, const Value&)>& visit) const;
    std::vector<std::pair<std::string, Value>> members() const;

    // Array plus one element, or string plus string, in time proportional to what is added.
    // Precondition: this is an array, or this and `added` are strings.
    Value appended(const Value& added) const;

    // For stores that keep long arrays and strings in pieces: chunks in order; joined they are the
    // value. A piece of an array is "e1,e2,...", of a string its escaped text without the quotes.
    // All but the last piece are final: later appends never change them.
    struct Chunk {
        std::shared_ptr<const std::string> bytes;
        std::size_t count = 0;  // elements in it; for strings 0
    };
    bool is_chunked() const;
    std::vector<Chunk> chunks() const;
    static Value from_chunks(Type type, std::vector<Chunk> chunks);
    // The same value held in chunks where it is an array or a string over kChunkBytes; else itself.
    Value chunked() const;

    bool operator==(const Value& other) const;

 private:
    struct Node;
    explicit Value(std::shared_ptr<const Node> node);
    std::shared_ptr<const Node> node_;
};

}  // namespace skein::json
