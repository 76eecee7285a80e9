#include "engine/json/digest.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstring>

#include "engine/base/check.h"
#include "engine/base/hash.h"
#include "engine/json/canonical.h"

namespace skein::json {

namespace {

std::array<char, 8> little_endian(std::uint64_t number) {
    std::array<char, 8> bytes{};
    for (unsigned i = 0; i < 8; ++i) bytes[i] = static_cast<char>(number >> (8 * i));
    return bytes;
}

Digest node_digest(const Path& path, char tag, std::string_view bytes) {
    std::array<char, kDigestBlock + 1> buffer;
    SKEIN_CHECK(bytes.size() <= kDigestBlock, "a digest covers blocks, not {} bytes", bytes.size());
    buffer[0] = tag;
    if (!bytes.empty()) std::memcpy(buffer.data() + 1, bytes.data(), bytes.size());
    const Xxh128 hash = xxh3_128({buffer.data(), bytes.size() + 1}, path.folded());
    return {hash.low, hash.high};
}

Digest count_digest(const Path& path, char tag, std::uint64_t count) {
    const std::array<char, 8> bytes = little_endian(count);
    return node_digest(path, tag, {bytes.data(), bytes.size()});
}

// Cuts the escaped text of one string, which may come in parts, into its blocks.
class StringBlocks {
 public:
    StringBlocks(const Path& path, std::uint64_t offset) : path_(path), offset_(offset) {
        SKEIN_CHECK(offset % kDigestBlock == 0, "{} begins no block", offset);
    }

    void add(std::string_view part) {
        while (!part.empty()) {
            const std::string_view taken = part.substr(0, kDigestBlock - filled_);
            if (taken.size() == kDigestBlock) {
                sum_ += block(taken);
            } else {
                std::memcpy(buffer_.data() + filled_, taken.data(), taken.size());
                filled_ += taken.size();
                if (filled_ == kDigestBlock) flush();
            }
            part.remove_prefix(taken.size());
        }
    }
    Digest finish() {
        if (filled_ > 0) flush();
        return sum_;
    }

 private:
    void flush() {
        sum_ += block({buffer_.data(), filled_});
        filled_ = 0;
    }
    Digest block(std::string_view bytes) {
        const Path path = path_.index(offset_ / kDigestBlock);
        offset_ += bytes.size();
        return node_digest(path, 's', bytes);
    }

    const Path& path_;
    std::uint64_t offset_;
    std::size_t filled_ = 0;
    Digest sum_;
    std::array<char, kDigestBlock> buffer_;
};

Digest string_digest(const Path& path, std::string_view escaped) {
    Digest sum = count_digest(path, '#', escaped.size());
    for (std::uint64_t at = 0; at < escaped.size(); at += kDigestBlock)
        sum += node_digest(path.index(at / kDigestBlock), 's', escaped.substr(at, kDigestBlock));
    return sum;
}

// `text` is all of a string, a number or a word.
Digest scalar_digest(const Path& path, std::string_view text) {
    switch (text.front()) {
        case '"': return string_digest(path, inner_of(text));
        case 'n': return node_digest(path, 'n', text);
        case 't':
        case 'f': return node_digest(path, 'b', text);
        default: return node_digest(path, 'd', text);
    }
}

// Walks canonical bytes once, from `at_` on.
class BytesDigest {
 public:
    explicit BytesDigest(std::string_view bytes) : bytes_(bytes) {}

    void value(const Path& path) {
        const Type type = type_of(bytes_[at_]);
        if (type == Type::kArray) return array(path);
        if (type == Type::kObject) return object(path);
        sum_ += scalar_digest(path, take_to(value_end(bytes_, at_)));
    }
    // Elements "e1,e2" up to a ']' or the end; says how many.
    std::uint64_t elements(const Path& path, std::uint64_t first) {
        std::uint64_t count = 0;
        while (at_ < bytes_.size() && bytes_[at_] != ']') {
            if (bytes_[at_] == ',') ++at_;
            value(path.index(first + count));
            ++count;
        }
        return count;
    }
    Digest sum() const { return sum_; }

 private:
    std::string_view take_to(std::size_t end) {
        const std::string_view taken = bytes_.substr(at_, end - at_);
        at_ = end;
        return taken;
    }
    void array(const Path& path) {
        ++at_;
        const std::uint64_t count = elements(path, 0);
        ++at_;
        sum_ += container_digest(path, Type::kArray, count);
    }
    void object(const Path& path) {
        ++at_;
        std::uint64_t count = 0;
        while (bytes_[at_] != '}') {
            if (bytes_[at_] == ',') ++at_;
            const std::string_view name = inner_of(take_to(string_end(bytes_, at_)));
            ++at_;
            value(has_escape(name) ? path.key(unescape(name)) : path.key(name));
            ++count;
        }
        ++at_;
        sum_ += container_digest(path, Type::kObject, count);
    }

    std::string_view bytes_;
    std::size_t at_ = 0;
    Digest sum_;
};

Digest chunked_digest(const Path& path, const Value& value) {
    if (value.is_string()) {
        Digest sum = count_digest(path, '#', value.size_bytes() - 2);
        StringBlocks blocks(path, 0);
        for (const Value::Chunk& chunk : value.chunks()) blocks.add(*chunk.bytes);
        return sum += blocks.finish();
    }
    Digest sum = container_digest(path, Type::kArray, value.count());
    std::uint64_t first = 0;
    for (const Value::Chunk& chunk : value.chunks()) {
        BytesDigest elements(*chunk.bytes);
        first += elements.elements(path, first);
        sum += elements.sum();
    }
    return sum;
}

// The last `count` bytes of a string's escaped text.
std::string last_bytes(const Value& value, std::size_t count) {
    if (const auto flat = value.flat()) {
        const std::string_view inner = inner_of(*flat);
        return std::string(inner.substr(inner.size() - count));
    }
    std::string out;
    for (std::size_t i = value.chunk_count(); i > 0 && out.size() < count; --i)
        out.insert(0, *value.chunk(i - 1).bytes);
    return out.substr(out.size() - count);
}

void string_append(Digest& sum, const Path& path, const Value& before, const Value& added) {
    const std::size_t old_size = before.size_bytes() - 2;
    const std::size_t added_size = added.size_bytes() - 2;
    const std::size_t kept = old_size / kDigestBlock * kDigestBlock;
    const std::string partial = last_bytes(before, old_size - kept);
    StringBlocks old_blocks(path, kept);
    StringBlocks new_blocks(path, kept);
    old_blocks.add(partial);
    new_blocks.add(partial);
    if (const auto flat = added.flat()) {
        new_blocks.add(inner_of(*flat));
    } else {
        for (const Value::Chunk& chunk : added.chunks()) new_blocks.add(*chunk.bytes);
    }
    sum -= old_blocks.finish();
    sum += new_blocks.finish();
    sum -= count_digest(path, '#', old_size);
    sum += count_digest(path, '#', old_size + added_size);
}

}  // namespace

Digest& Digest::operator+=(const Digest& other) {
    low += other.low;
    high += other.high;
    return *this;
}

Digest& Digest::operator-=(const Digest& other) {
    low -= other.low;
    high -= other.high;
    return *this;
}

std::string Digest::hex() const { return fmt::format("{:016x}{:016x}", high, low); }

Path Path::key(std::string_view token) const {
    Path child;
    child.folded_ = xxh3_64(token, folded_ ^ static_cast<std::uint64_t>('k'));
    return child;
}

Path Path::index(std::uint64_t i) const {
    const std::array<char, 8> bytes = little_endian(i);
    Path child;
    child.folded_ =
        xxh3_64({bytes.data(), bytes.size()}, folded_ ^ static_cast<std::uint64_t>('i'));
    return child;
}

Digest digest(const Path& path, const Value& value) {
    const auto flat = value.flat();
    if (!flat) return chunked_digest(path, value);
    if (!value.is_array() && !value.is_object()) return scalar_digest(path, *flat);
    BytesDigest whole(*flat);
    whole.value(path);
    return whole.sum();
}

Digest container_digest(const Path& path, Type type, std::uint64_t count) {
    SKEIN_CHECK(type == Type::kArray || type == Type::kObject, "a {} is no container",
                to_string(type));
    return count_digest(path, type == Type::kArray ? '[' : '{', count);
}

void digest_append(Digest& sum, const Path& path, const Value& before, const Value& added) {
    if (before.is_string()) {
        SKEIN_CHECK(added.is_string(), "a string grows by strings");
        return string_append(sum, path, before, added);
    }
    SKEIN_CHECK(before.is_array(), "a {} does not grow", to_string(before.type()));
    sum -= container_digest(path, Type::kArray, before.count());
    sum += container_digest(path, Type::kArray, before.count() + 1);
    sum += digest(path.index(before.count()), added);
}

}  // namespace skein::json
