// One call of skein.append for batches of several shards: its parameters, and what its rows mean.
//
// The database decides in one statement what may be written; why a batch was refused is said by
// judge(), the judgement of all backends, from what the rows say stands.
// Invariant: a batch is sent to be written only if judge() would take it, should the log stand as
// the batch believes. Threads: one owner. Errors: Fault kCorruption where the database and judge()
// differ. Source: design section 3 (Postgres append); migrations/0002_append.sql,
// migrations/0005_intake.sql, migrations/0007_append_one.sql, migrations/0010_intake_mark.sql.
#pragma once

#include <vector>

#include "engine/log/event_log.h"
#include "engine/log/postgres/binary_array.h"
#include "engine/log/postgres/binary_rows.h"
#include "engine/log/postgres/pg_connection.h"

namespace skein::log {

class AppendCall {
 public:
    explicit AppendCall(const std::vector<Batch>& batches);

    // One round trip. LostAnswer: written or not.
    std::vector<AppendResult> send(PgConnection& connection);

 private:
    template <class... More>
    std::vector<AppendResult> send_as(const statements::Statement& statement,
                                      PgConnection& connection, More&... more);
    class Believed;
    class Answered;
    // A stream of a batch, and the version that the batch begins after.
    struct StreamEnd {
        std::size_t batch;
        const Stream* stream;
        Version before;
    };

    bool is_of_one_event() const;
    std::vector<AppendResult> send_one(PgConnection& connection) const;
    void add_batch(std::size_t index);
    void add_commands(std::size_t index);
    void add_events(std::size_t index);
    std::vector<AppendResult> read(const BinaryRows& rows) const;

    const std::vector<Batch>& batches_;
    std::vector<AppendResult> believed_;  // a batch: its result if it is written
    std::vector<StreamEnd> streams_;
    std::vector<std::pair<std::size_t, std::size_t>> commands_;  // batch, command

    BinaryArray batch_shard_{PgType::kInteger};
    BinaryArray batch_epoch_{PgType::kBigint};
    BinaryArray batch_expected_{PgType::kBigint};
    BinaryArray batch_last_{PgType::kBigint};
    BinaryArray batch_hash_{PgType::kBytea};
    BinaryArray command_batch_{PgType::kInteger};
    BinaryArray command_scope_{PgType::kText};
    BinaryArray command_uuid_{PgType::kUuid};
    BinaryArray command_first_{PgType::kBigint};
    BinaryArray command_events_{PgType::kInteger};
    BinaryArray command_content_{PgType::kBytea};
    BinaryArray stream_batch_{PgType::kInteger};
    BinaryArray stream_name_{PgType::kText};
    BinaryArray stream_before_{PgType::kBigint};
    BinaryArray event_batch_{PgType::kInteger};
    BinaryArray event_position_{PgType::kBigint};
    BinaryArray event_version_{PgType::kBigint};
    BinaryArray event_stream_{PgType::kText};
    BinaryArray event_hash_{PgType::kBytea};
    BinaryArray event_bytes_{PgType::kBytea};
    bool has_intake_ = false;
    BinaryArray intake_batch_{PgType::kInteger};
    BinaryArray intake_next_{PgType::kBigint};
    BinaryArray intake_told_{PgType::kBigint};
    BinaryArray intake_mark_{PgType::kBigint};
};

}  // namespace skein::log
