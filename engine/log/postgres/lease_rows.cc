#include "engine/log/postgres/lease_rows.h"

#include "engine/log/postgres/binary_array.h"
#include "engine/log/postgres/pg_values.h"

namespace skein::log {

namespace {

// One for renewals, one for whoever takes a lease meanwhile.
constexpr std::size_t kConnections = 2;
constexpr const char* kRow = "a lease";

std::string text_of(const pqxx::field& field) {
    return field.is_null() ? std::string() : std::string(field.c_str(), field.size());
}

// Of a lease that has run out this is negative.
std::chrono::milliseconds left_of(const pqxx::field& field) {
    return std::chrono::milliseconds(field.is_null() ? 0 : field.as<std::int64_t>());
}

std::string array_of(const std::vector<Shard>& shards) {
    BinaryArray array(PgType::kInteger);
    for (const Shard shard : shards) array.add_number(shard.value());
    return std::string(array.parameter());
}

}  // namespace

LeaseRows::LeaseRows(const PgConnectOptions& connect, LeaseOwner owner)
    : owner_(std::move(owner)), pool_(connect, kConnections) {}

TakenLease LeaseRows::take(Shard shard) {
    // Sent once more where the answer was lost: the lease is ours then, and its epoch rises again.
    const pqxx::result rows =
        pool_.ask(statements::kTakeLease, "taking a lease", bigint(shard.value()), owner_.name,
                  owner_.address, owner_.length.count());
    const pqxx::row row = rows.front();
    TakenLease taken;
    if (!row[0].is_null()) taken.epoch = Epoch(number_of(row[0], kRow));
    taken.holder = {shard, text_of(row[1]), text_of(row[2]), left_of(row[3])};
    return taken;
}

std::vector<RenewedLease> LeaseRows::renew(const std::vector<Shard>& shards) {
    std::vector<RenewedLease> renewed;
    for (const pqxx::row& row :
         pool_.ask(statements::kRenewLeases, "renewing leases", binary(array_of(shards)),
                   owner_.name, owner_.length.count())) {
        renewed.push_back({Shard(number_of(row[0], kRow)), !row[1].is_null()});
    }
    return renewed;
}

void LeaseRows::release(const std::vector<Shard>& shards) {
    pool_.ask(statements::kReleaseLeases, "releasing leases", binary(array_of(shards)),
              owner_.name);
}

std::vector<LeaseRow> LeaseRows::all() {
    std::vector<LeaseRow> leases;
    for (const pqxx::row& row : pool_.ask(statements::kLeases, "reading the leases")) {
        leases.push_back(
            {Shard(number_of(row[0], kRow)), text_of(row[1]), text_of(row[2]), left_of(row[3])});
    }
    return leases;
}

void LeaseRows::renew_node() {
    pool_.ask(statements::kRenewNode, "saying that this node is alive", owner_.name, owner_.address,
              owner_.length.count());
}

void LeaseRows::remove_node() { pool_.ask(statements::kRemoveNode, "leaving", owner_.name); }

std::vector<std::string> LeaseRows::live_nodes() {
    std::vector<std::string> nodes;
    for (const pqxx::row& row : pool_.ask(statements::kNodes, "reading the nodes"))
        nodes.push_back(text_of(row[0]));
    return nodes;
}

}  // namespace skein::log
