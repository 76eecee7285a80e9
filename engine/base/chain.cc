#include "engine/base/chain.h"

#include <string>

#include "engine/base/bytes.h"

namespace skein {

namespace {

constexpr std::size_t kLinkBytes = 77;  // tag, shard, position, two hashes

}  // namespace

Hash chain_start(const Uuid& store_id) { return blake2b_256(store_id.view()); }

Hash chain_next(Shard shard, Position position, const Hash& previous, std::string_view bytes) {
    thread_local std::string link;  // kept, so that a link allocates nothing
    link.clear();
    link.reserve(kLinkBytes);
    link.push_back('\0');
    put_u32_be(link, static_cast<std::uint32_t>(shard.value()));
    put_u64_be(link, position.value());
    link.append(previous.view());
    link.append(blake2b_256(bytes).view());
    return blake2b_256(link);
}

}  // namespace skein
