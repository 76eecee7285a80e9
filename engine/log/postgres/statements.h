// Every statement that the log sends, by name. Each connection prepares one when it first uses it
// (those of a log `append` when they are opened); from then on it is one round trip.
//
// Threads: constants. Errors: none. Source: migrations/, design section 3.
#pragma once

#include <array>

namespace skein::log::statements {

struct Statement {
    const char* name;
    const char* sql;
};

inline constexpr Statement kAppend{
    "append",
    "SELECT kind, at, number, amount, hash FROM skein.append($1, $2, $3, $4, $5, $6, $7, $8, $9, "
    "$10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20)"};
// The same for one batch with one command and its one event.
inline constexpr Statement kAppendOne{
    "append_one",
    "SELECT kind, at, number, amount, hash FROM skein.append_one($1, $2, $3, $4, $5, $6, $7, $8, "
    "$9, $10)"};
// The same for batches of which some carry a point of their intake.
inline constexpr Statement kAppendTaken{
    "append_taken",
    "SELECT kind, at, number, amount, hash FROM skein.append_taken($1, $2, $3, $4, $5, $6, $7, $8, "
    "$9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24)"};
inline constexpr Statement kIntakePoint{
    "intake_point", "SELECT next_offset, told_offset, mark FROM skein.intakes WHERE shard = $1"};
inline constexpr Statement kMoveIntake{"move_intake",
                                       "SELECT skein.move_intake($1, $2, $3, $4, $5)"};
inline constexpr Statement kCreateStore{"create_store",
                                        "SELECT skein.create_store($1, $2, $3, $4, $5)"};
inline constexpr Statement kStore{
    "store", "SELECT store_id, incarnation, shard_count, secret FROM skein.store"};
inline constexpr Statement kTakeOver{"take_over", "SELECT skein.take_over($1)"};
inline constexpr Statement kHead{
    "head", "SELECT position, hash, epoch FROM skein.shard_heads WHERE shard = $1"};
inline constexpr Statement kHeads{"heads", "SELECT shard, position FROM skein.shard_heads"};

// A page ends after 2,000 events or the one that fills 4 MiB, so that memory is bounded whatever
// the events are. octet_length() does not fetch large values.
inline constexpr Statement kFindStray{
    "find_stray",
    "SELECT min(e.position) FROM skein.shard_heads AS h JOIN skein.events AS e "
    "ON e.shard = h.shard AND e.position > h.position WHERE h.shard = $1"};
inline constexpr Statement kScan{
    "scan",
    "SELECT position, hash, bytes FROM ("
    "  SELECT position, hash, bytes, sum(octet_length(bytes)) OVER ("
    "    ORDER BY position ROWS UNBOUNDED PRECEDING) - octet_length(bytes) AS before"
    "  FROM skein.events WHERE shard = $1 AND position > $2 AND position <= $3"
    "  ORDER BY position LIMIT 2000) AS page "
    "WHERE before < 4194304 ORDER BY position"};
inline constexpr Statement kScanStream{
    "scan_stream",
    "SELECT version, position, hash, bytes FROM ("
    "  SELECT version, position, hash, bytes, sum(octet_length(bytes)) OVER ("
    "    ORDER BY version ROWS UNBOUNDED PRECEDING) - octet_length(bytes) AS before"
    "  FROM skein.events WHERE stream = $1 AND version > $2 AND version <= $3"
    "  ORDER BY version LIMIT 2000) AS page "
    "WHERE before < 4194304 ORDER BY version"};
inline constexpr Statement kRead{
    "read", "SELECT hash, bytes FROM skein.events WHERE shard = $1 AND position = $2"};
inline constexpr Statement kReceipt{
    "receipt",
    "SELECT first_position, event_count, content_hash FROM skein.receipts "
    "WHERE scope = $1 AND command_id = $2"};
inline constexpr Statement kReceipts{
    "receipts",
    "SELECT scope, command_id, first_position, event_count, content_hash FROM skein.receipts "
    "WHERE (scope, command_id) > ($1, $2) ORDER BY scope, command_id LIMIT 10000"};
inline constexpr Statement kReceiptsOf{
    "receipts_of",
    "SELECT c.n, r.first_position, r.event_count, r.content_hash "
    "FROM unnest($1::text[], $2::uuid[]) WITH ORDINALITY AS c (scope, id, n) "
    "JOIN skein.receipts AS r ON r.scope = c.scope AND r.command_id = c.id"};
inline constexpr Statement kStreamHead{
    "stream_head",
    "SELECT version FROM skein.events WHERE stream = $1 ORDER BY version DESC LIMIT 1"};
inline constexpr Statement kPositionOf{
    "position_of", "SELECT position FROM skein.events WHERE stream = $1 AND version = $2"};
// One index probe for each name and one for its head: long streams cost no more than short ones.
inline constexpr Statement kStreams{
    "streams",
    "WITH RECURSIVE names AS ("
    "  (SELECT stream FROM skein.events WHERE stream >= $1 AND stream > $2 AND stream < $3"
    "   ORDER BY stream LIMIT 1)"
    "  UNION ALL"
    "  SELECT (SELECT e.stream FROM skein.events AS e WHERE e.stream > n.stream AND e.stream < $3"
    "          ORDER BY e.stream LIMIT 1)"
    "  FROM names AS n WHERE n.stream IS NOT NULL) "
    "SELECT n.stream, (SELECT e.version FROM skein.events AS e WHERE e.stream = n.stream"
    "                  ORDER BY e.version DESC LIMIT 1) "
    "FROM names AS n WHERE n.stream IS NOT NULL LIMIT 500"};
inline constexpr Statement kIndex{
    "index",
    "SELECT stream, version, position FROM skein.events WHERE (stream, version) > ($1, $2) "
    "ORDER BY stream, version LIMIT 10000"};
inline constexpr Statement kPutSnapshot{"put_snapshot", "SELECT skein.put_snapshot($1, $2, $3)"};
inline constexpr Statement kFindSnapshot{
    "find_snapshot",
    "SELECT version, bytes FROM skein.snapshots WHERE stream = $1 AND version <= $2 "
    "ORDER BY version DESC, created_at DESC LIMIT 1"};
inline constexpr Statement kBeginImport{
    "begin_import", "SELECT problem, new_epoch FROM skein.begin_import($1, $2, $3, $4, $5)"};
inline constexpr Statement kNotify{"notify", "SELECT pg_notify('skein_growth', '')"};

inline constexpr Statement kTakeLease{"take_lease",
                                      "SELECT lease_epoch, lease_owner, lease_address, left_ms "
                                      "FROM skein.take_lease($1, $2, $3, $4)"};
inline constexpr Statement kRenewLeases{
    "renew_leases", "SELECT lease_shard, lease_wanted_by FROM skein.renew_leases($1, $2, $3)"};
inline constexpr Statement kReleaseLeases{"release_leases", "SELECT skein.release_leases($1, $2)"};
inline constexpr Statement kLeases{
    "leases",
    "SELECT shard, owner, address, "
    "ceil(extract(epoch FROM expires_at - clock_timestamp()) * 1000)::bigint "
    "FROM skein.leases ORDER BY shard"};
inline constexpr Statement kRenewNode{"renew_node", "SELECT skein.renew_node($1, $2, $3)"};
inline constexpr Statement kRemoveNode{"remove_node", "SELECT skein.remove_node($1)"};
inline constexpr Statement kNodes{
    "nodes", "SELECT node FROM skein.nodes WHERE expires_at > clock_timestamp() ORDER BY node"};

inline constexpr std::array kAll = {
    kAppend,    kCreateStore, kStore,         kTakeOver,    kHead,         kHeads,
    kScan,      kScanStream,  kRead,          kReceipt,     kStreamHead,   kPositionOf,
    kStreams,   kIndex,       kReceipts,      kPutSnapshot, kFindSnapshot, kNotify,
    kTakeLease, kRenewLeases, kReleaseLeases, kLeases,      kRenewNode,    kRemoveNode,
    kNodes,     kAppendTaken, kIntakePoint,   kMoveIntake,  kReceiptsOf,   kBeginImport,
    kAppendOne, kFindStray};

}  // namespace skein::log::statements
