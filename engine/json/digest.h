// The set digest of a document: a sum over its nodes; a change of one place costs that place.
//
// digest(doc) = the sum of H over all nodes, modulo 2^64 in each of two lanes, where
//   H(p, tag, bytes) = XXH3-128(tag byte | bytes, seed p)
// and p is the folded path of the node: root = 0, key(p, k) = XXH3-64(k, seed p ^ 'k') with k
// unescaped, index(p, i) = XXH3-64(i as u64 LE, seed p ^ 'i'). A node counts as
//   null, boolean, number at p:  H(p, 'n' or 'b' or 'd', canonical bytes)
//   array, object at p:          H(p, '[' or '{', number of children as u64 LE), and its children
//   string at p:                 H(p, '#', n as u64 LE), and for each block b of its n bytes of
//                                canonical escaped text without quotes, cut every kDigestBlock
//                                bytes: H(index(p, b), 's', block b)
// so that an append to a long string costs its last block and what is added.
// Worked example: digest({"a":["xy",1]}) with a = key(0, "a"), e = index(a, 0) is
//   H(0, '{', 1) + H(a, '[', 2) + H(e, '#', 2) + H(index(e, 0), 's', "xy")
//   + H(index(a, 1), 'd', "1") = cfaf43a9ef420934aab126a1a6d690cb
// with the counts as u64 LE; tests/unit/json/digest_test.cc puts it together by hand.
// Threads: pure. Errors: none. Source: design section 6 (digests), C-07.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "engine/json/value.h"

namespace skein::json {

inline constexpr std::size_t kDigestBlock = 4096;

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
