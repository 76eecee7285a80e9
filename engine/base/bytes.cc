#include "engine/base/bytes.h"

#include <array>

namespace skein {

void put_u8(std::string& out, std::uint8_t value) { out.push_back(static_cast<char>(value)); }

void put_u32_be(std::string& out, std::uint32_t value) {
    std::array<char, 4> bytes;
    for (std::size_t i = 0; i < bytes.size(); ++i)
        bytes[i] = static_cast<char>(value >> (24 - 8 * i));
    out.append(bytes.data(), bytes.size());
}

void put_u64_be(std::string& out, std::uint64_t value) {
    std::array<char, 8> bytes;
    for (std::size_t i = 0; i < bytes.size(); ++i)
        bytes[i] = static_cast<char>(value >> (56 - 8 * i));
    out.append(bytes.data(), bytes.size());
}

void put_u64_le(std::string& out, std::uint64_t value) {
    std::array<char, 8> bytes;
    for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<char>(value >> (8 * i));
    out.append(bytes.data(), bytes.size());
}

void put_varint(std::string& out, std::uint64_t value) {
    std::array<char, 10> bytes;
    std::size_t size = 0;
    for (; value >= 0x80; value >>= 7) bytes[size++] = static_cast<char>(value | 0x80);
    bytes[size++] = static_cast<char>(value);
    out.append(bytes.data(), size);
}

void put_varint_signed(std::string& out, std::int64_t value) {
    put_varint(out,
               (static_cast<std::uint64_t>(value) << 1) ^ static_cast<std::uint64_t>(value >> 63));
}

void put_string(std::string& out, std::string_view value) {
    put_varint(out, value.size());
    out.append(value);
}

std::string_view ByteReader::raw(std::size_t count) {
    if (!ok_ || rest_.size() < count) {
        ok_ = false;
        return {};
    }
    const std::string_view out = rest_.substr(0, count);
    rest_.remove_prefix(count);
    return out;
}

std::uint8_t ByteReader::u8() {
    const std::string_view byte = raw(1);
    return ok_ ? static_cast<std::uint8_t>(byte[0]) : 0;
}

std::uint32_t ByteReader::u32_be() {
    std::uint32_t value = 0;
    for (const char c : raw(4)) value = (value << 8) | static_cast<std::uint8_t>(c);
    return value;
}

std::uint64_t ByteReader::u64_be() {
    std::uint64_t value = 0;
    for (const char c : raw(8)) value = (value << 8) | static_cast<std::uint8_t>(c);
    return value;
}

std::uint64_t ByteReader::u64_le() {
    std::uint64_t value = 0;
    unsigned shift = 0;
    for (const char c : raw(8)) {
        value |= static_cast<std::uint64_t>(static_cast<std::uint8_t>(c)) << shift;
        shift += 8;
    }
    return value;
}

std::uint64_t ByteReader::varint() {
    std::uint64_t value = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
        const std::uint8_t byte = u8();
        if (!ok_) return 0;
        if (shift == 63 && byte > 1) break;
        value |= static_cast<std::uint64_t>(byte & 0x7f) << shift;
        if ((byte & 0x80) == 0) return value;
    }
    ok_ = false;
    return 0;
}

std::int64_t ByteReader::varint_signed() {
    const std::uint64_t raw_value = varint();
    return static_cast<std::int64_t>(raw_value >> 1) ^ -static_cast<std::int64_t>(raw_value & 1);
}

std::string_view ByteReader::string() {
    const std::uint64_t size = varint();
    if (!ok_ || size > rest_.size()) {
        ok_ = false;
        return {};
    }
    return raw(static_cast<std::size_t>(size));
}

}  // namespace skein
