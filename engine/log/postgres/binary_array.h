// Arrays in the binary form of the Postgres protocol, one a parameter: the bytes of events travel
// as they are, where an array as text would double them.
//
// Layout, all big-endian: dimensions i32 (1), has nulls i32, element type u32, length i32, lower
// bound i32 (1), then each element as length i32 (-1: null) and bytes. An empty array has no
// dimension: 0, 0, type. Example, {7} of bigint: 00000001 00000000 00000014 00000001 00000001
// 00000008 0000000000000007.
// Threads: value types. Errors: none. Source: design section 3 (Postgres append).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "engine/base/bytes.h"
#include "engine/base/check.h"

namespace skein::log {

// Element types, by their object ids in pg_type.
enum class PgType : std::uint32_t {
    kBytea = 17,
    kBigint = 20,
    kInteger = 23,
    kText = 25,
    kUuid = 2950,
};

class BinaryArray {
 public:
    explicit BinaryArray(PgType type) : type_(type), parameter_(kHeadBytes, '\0') {}

    void add(std::string_view bytes) {
        SKEIN_CHECK(type_ != PgType::kBigint && type_ != PgType::kInteger, "a number is meant");
        add_length(bytes.size());
        parameter_ += bytes;
    }
    void add_null() {
        has_nulls_ = true;
        ++count_;
        put_u32_be(parameter_, UINT32_MAX);
    }
    // Numbers beyond the signed ones become negative: no row holds such.
    void add_number(std::uint64_t value) {
        if (type_ == PgType::kBigint) {
            add_length(8);
            put_u64_be(parameter_, value);
            return;
        }
        SKEIN_CHECK(type_ == PgType::kInteger && value <= INT32_MAX, "{} is no integer", value);
        add_length(4);
        put_u32_be(parameter_, static_cast<std::uint32_t>(value));
    }

    std::size_t size() const { return count_; }
    // Of all elements together, where it is known before.
    void reserve(std::size_t count, std::size_t bytes) {
        parameter_.reserve(kHeadBytes + count * kLengthBytes + bytes);
    }
    // The bytes of a parameter, as long as nothing more is added.
    std::string_view parameter() {
        std::string head;
        put_u32_be(head, count_ == 0 ? 0 : 1);
        put_u32_be(head, has_nulls_ ? 1 : 0);
        put_u32_be(head, static_cast<std::uint32_t>(type_));
        const std::size_t empty_bytes = head.size();
        put_u32_be(head, count_);
        put_u32_be(head, 1);
        parameter_.replace(0, kHeadBytes, head);
        return std::string_view(parameter_).substr(0, count_ == 0 ? empty_bytes : kEnd);
    }

 private:
    // Number of dimensions, whether there are nulls, type, number of elements, first index.
    static constexpr std::size_t kHeadBytes = 20;
    static constexpr std::size_t kLengthBytes = 4;
    static constexpr std::size_t kEnd = std::string_view::npos;

    void add_length(std::size_t length) {
        SKEIN_CHECK(length <= INT32_MAX, "{} bytes are no element", length);
        ++count_;
        put_u32_be(parameter_, static_cast<std::uint32_t>(length));
    }

    PgType type_;
    std::uint32_t count_ = 0;
    bool has_nulls_ = false;
    std::string parameter_;  // the head, which parameter() fills in, and the elements
};

}  // namespace skein::log
