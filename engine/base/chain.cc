#include "engine/base/chain.h"

#include <algorithm>
#include <array>
#include <string>

#include "engine/base/blake2b_lanes.h"
#include "engine/base/bytes.h"

namespace skein {

namespace {

constexpr std::size_t kLinkBytes = 77;    // tag, shard, position, two hashes
constexpr std::size_t kLinksAtOnce = 64;  // bounds what stands on the stack

void put_link(std::string& link, Shard shard, Position position, const Hash& previous,
              const Hash& content) {
    link.push_back('\0');
    put_u32_be(link, static_cast<std::uint32_t>(shard.value()));
    put_u64_be(link, position.value());
    link.append(previous.view());
    link.append(content.view());
}

void chain_some(Shard shard, std::span<const ChainLink> links, std::span<Hash> hashes) {
    std::array<std::string_view, kLinksAtOnce> messages;
    std::array<Hash, kLinksAtOnce> contents;
    for (std::size_t i = 0; i < links.size(); ++i) messages[i] = links[i].bytes;
    blake2b_256_each({messages.data(), links.size()}, {contents.data(), links.size()});
    thread_local std::string bytes;  // kept, so that links allocate nothing
    bytes.clear();
    for (std::size_t i = 0; i < links.size(); ++i)
        put_link(bytes, shard, links[i].position, links[i].previous, contents[i]);
    for (std::size_t i = 0; i < links.size(); ++i)
        messages[i] = std::string_view(bytes).substr(i * kLinkBytes, kLinkBytes);
    blake2b_256_each({messages.data(), links.size()}, hashes);
}

}  // namespace

Hash chain_start(const Uuid& store_id) { return blake2b_256(store_id.view()); }

Hash chain_next(Shard shard, Position position, const Hash& previous, std::string_view bytes) {
    thread_local std::string link;  // kept, so that a link allocates nothing
    link.clear();
    link.reserve(kLinkBytes);
    put_link(link, shard, position, previous, blake2b_256(bytes));
    return blake2b_256(link);
}

void chain_each(Shard shard, std::span<const ChainLink> links, std::span<Hash> hashes) {
    while (!links.empty()) {
        const std::size_t count = std::min(links.size(), kLinksAtOnce);
        chain_some(shard, links.first(count), hashes.first(count));
        links = links.subspan(count);
        hashes = hashes.subspan(count);
    }
}

}  // namespace skein
