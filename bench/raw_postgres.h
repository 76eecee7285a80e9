// PostgreSQL without skein: a ceiling of appends on a server. libpq alone, tables like those of the
// log with all their indexes.
//
// Threads: one. Errors: Fault kUnavailable with what the server said.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace skein::bench {

// Rows of COPY in its binary format.
class CopyRows {
 public:
    explicit CopyRows(int columns);
    CopyRows& begin_row();
    CopyRows& add_int(std::int32_t value);
    CopyRows& add_bigint(std::int64_t value);
    CopyRows& add(std::string_view bytes);
    // All of it; nothing is added behind it.
    const std::string& text();

 private:
    const int columns_;
    bool is_ended_ = false;
    std::string text_;
};

// An event and a receipt as skein.append writes them, of made-up content.
struct RawRow {
    std::int32_t shard = 0;
    std::int64_t position = 0;
    std::int64_t version = 0;
    std::string stream;
    std::string scope;
    std::string command_id;  // 16 bytes
};
inline constexpr std::size_t kHashBytes = 32;

class RawPostgres {
 public:
    // In a database that has skein's tables; makes raw ones beside them.
    explicit RawPostgres(const std::string& dsn);
    ~RawPostgres();
    RawPostgres(const RawPostgres&) = delete;
    RawPostgres& operator=(const RawPostgres&) = delete;

    // Both tables in one transaction, two COPYs.
    void copy(CopyRows& events, CopyRows& receipts);
    // Both rows in one prepared statement, which is its own transaction.
    void insert(const RawRow& row, std::string_view envelope);
    void run(const std::string& sql);

 private:
    struct Connection;
    void put(const char* table, const std::string& text);

    const std::unique_ptr<Connection> connection_;
};

// A database of the benchmark's own on the server of `dsn`, with skein's tables; dropped at the
// end.
class ScratchDatabase {
 public:
    explicit ScratchDatabase(std::string dsn);
    ~ScratchDatabase();
    ScratchDatabase(const ScratchDatabase&) = delete;
    ScratchDatabase& operator=(const ScratchDatabase&) = delete;
    const std::string& dsn() const { return dsn_; }

 private:
    const std::string server_;
    std::string name_;
    std::string dsn_;
};

}  // namespace skein::bench
