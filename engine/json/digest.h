// The set digest of a document: a sum over its nodes, so that a change of one place costs that place.
//
// digest(doc) = sum over all nodes of H(path, node) modulo 2^64 in each of two lanes. For a scalar H
// covers its canonical bytes; for a container its type and number of children. A path is folded token
// by token: root = 0, child(p, key) = XXH3-64(key, seed p ^ 'k'), child(p, i) = XXH3-64(u64 LE i, seed
// p ^ 'i'). H = XXH3-128(tag byte | bytes, seed p), tag one of n b d s [ {.
// Worked example: tests/unit/json/digest_test.cc.
// Threads: pure. Errors: none. Source: design section 6 (digests), C-07.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "engine/json/value.h"

namespace skein::json {

struct Digest {
    std::uint64_t low = 0;
    std::uint64_t high = 0;

    Digest& operator+=(const Digest& other);
    Digest& operator-=(const Digest& other);
    bool operator==(const Digest&) const = default;
    std::string hex() const;  // 32 digits, high lane first
};

class Path {
 public:
    Path() = default;
    Path key(std::string_view token) const;
    Path index(std::uint64_t i) const;
    std::uint64_t folded() const { return folded_; }

 private:
    std::uint64_t folded_ = 0;
};

// All nodes of `value` standing at `path`.
Digest digest(const Path& path, const Value& value);
// The one node of a container standing at `path` with `count` children.
Digest container_digest(const Path& path, Type type, std::uint64_t count);
// What changes where `before` (an array or string at `path`) becomes before.appended(added).
void digest_append(Digest& sum, const Path& path, const Value& before, const Value& added);

}  // namespace skein::json
