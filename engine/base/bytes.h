// Byte layouts of our own: big-endian numbers in keys (so that byte order is number order), LEB128
// varints and length-prefixed strings in rows, and a reader that never reads past its end.
//
// Threads: value types. Errors: ByteReader::ok() turns false at the first missing or bad byte and
// stays false; the caller turns that into a Corruption fault that says where the bytes came from.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace skein {

void put_u8(std::string& out, std::uint8_t value);
void put_u32_be(std::string& out, std::uint32_t value);
void put_u64_be(std::string& out, std::uint64_t value);
void put_u64_le(std::string& out, std::uint64_t value);
void put_varint(std::string& out, std::uint64_t value);
// Signed numbers as zigzag varints.
void put_varint_signed(std::string& out, std::int64_t value);
// varint length, then the bytes.
void put_string(std::string& out, std::string_view value);

class ByteReader {
 public:
    explicit ByteReader(std::string_view bytes) : rest_(bytes) {}

    std::uint8_t u8();
    std::uint32_t u32_be();
    std::uint64_t u64_be();
    std::uint64_t u64_le();
    std::uint64_t varint();
    std::int64_t varint_signed();
    std::string_view string();                // a view into the bytes given
    std::string_view raw(std::size_t count);  // exactly `count` bytes
    std::string_view rest() const { return rest_; }

    bool ok() const { return ok_; }
    bool done() const { return ok_ && rest_.empty(); }
    void fail() { ok_ = false; }

 private:
    std::string_view rest_;
    bool ok_ = true;
};

}  // namespace skein
