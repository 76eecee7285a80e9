#include "bench/raw_postgres.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <libpq-fe.h>
#include <unistd.h>

#include <array>
#include <atomic>

#include "engine/base/fault.h"
#include "engine/log/postgres/migrator.h"
#include "engine/log/postgres/pg_connection.h"

namespace skein::bench {

namespace {

constexpr std::string_view kCopyHead{"PGCOPY\n\377\r\n\0\0\0\0\0\0\0\0\0", 19};
constexpr const char* kInsert =
    "WITH e AS (INSERT INTO raw_events VALUES ($1, $2, $3, $4, $5, $6)) "
    "INSERT INTO raw_receipts VALUES ($7, $8, $2, 1, $5)";

using Result = std::unique_ptr<PGresult, decltype(&PQclear)>;

template <class Number>
void append_big_endian(std::string& text, Number value) {
    for (int shift = 8 * (static_cast<int>(sizeof value) - 1); shift >= 0; shift -= 8)
        text.push_back(static_cast<char>(static_cast<std::uint64_t>(value) >> shift));
}

template <class Number>
std::string big_endian(Number value) {
    std::string text;
    append_big_endian(text, value);
    return text;
}

}  // namespace

CopyRows::CopyRows(int columns) : columns_(columns), text_(kCopyHead) {}

CopyRows& CopyRows::begin_row() {
    append_big_endian(text_, static_cast<std::int16_t>(columns_));
    return *this;
}

CopyRows& CopyRows::add_int(std::int32_t value) { return add(big_endian(value)); }

CopyRows& CopyRows::add_bigint(std::int64_t value) { return add(big_endian(value)); }

CopyRows& CopyRows::add(std::string_view bytes) {
    append_big_endian(text_, static_cast<std::int32_t>(bytes.size()));
    text_ += bytes;
    return *this;
}

const std::string& CopyRows::text() {
    if (!is_ended_) append_big_endian(text_, std::int16_t{-1});
    is_ended_ = true;
    return text_;
}

struct RawPostgres::Connection {
    explicit Connection(const std::string& dsn) : pg(PQconnectdb(dsn.c_str())) {
        if (PQstatus(pg) != CONNECTION_OK) fail();
    }
    ~Connection() { PQfinish(pg); }
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;

    [[noreturn]] void fail() const {
        throw Fault(FaultKind::kUnavailable, std::string("Postgres said: ") + PQerrorMessage(pg));
    }
    void demand(PGresult* result, ExecStatusType wanted) const {
        const Result owned(result, &PQclear);
        if (PQresultStatus(result) != wanted) fail();
    }

    PGconn* const pg;
};

RawPostgres::RawPostgres(const std::string& dsn) : connection_(std::make_unique<Connection>(dsn)) {
    run("CREATE TABLE raw_events (LIKE skein.events INCLUDING ALL)");
    run("CREATE TABLE raw_receipts (LIKE skein.receipts INCLUDING ALL)");
    connection_->demand(PQprepare(connection_->pg, "insert", kInsert, 0, nullptr),
                        PGRES_COMMAND_OK);
}

RawPostgres::~RawPostgres() = default;

void RawPostgres::run(const std::string& sql) {
    connection_->demand(PQexec(connection_->pg, sql.c_str()), PGRES_COMMAND_OK);
}

void RawPostgres::put(const char* table, const std::string& text) {
    const std::string sql = fmt::format("COPY {} FROM STDIN (FORMAT binary)", table);
    connection_->demand(PQexec(connection_->pg, sql.c_str()), PGRES_COPY_IN);
    const bool is_put =
        PQputCopyData(connection_->pg, text.data(), static_cast<int>(text.size())) == 1 &&
        PQputCopyEnd(connection_->pg, nullptr) == 1;
    if (!is_put) connection_->fail();
    connection_->demand(PQgetResult(connection_->pg), PGRES_COMMAND_OK);
    while (PGresult* const rest = PQgetResult(connection_->pg)) PQclear(rest);
}

void RawPostgres::copy(CopyRows& events, CopyRows& receipts) {
    run("BEGIN");
    put("raw_events", events.text());
    put("raw_receipts", receipts.text());
    run("COMMIT");
}

void RawPostgres::insert(const RawRow& row, std::string_view envelope) {
    const std::string hash(kHashBytes, 'h');
    const std::array<std::string, 8> values{big_endian(row.shard),
                                            big_endian(row.position),
                                            big_endian(row.version),
                                            row.stream,
                                            hash,
                                            std::string(envelope),
                                            row.scope,
                                            row.command_id};
    std::array<const char*, 8> texts{};
    std::array<int, 8> lengths{};
    std::array<int, 8> formats{};
    for (std::size_t i = 0; i < values.size(); ++i) {
        texts[i] = values[i].data();
        lengths[i] = static_cast<int>(values[i].size());
        formats[i] = 1;
    }
    connection_->demand(PQexecPrepared(connection_->pg, "insert", static_cast<int>(values.size()),
                                       texts.data(), lengths.data(), formats.data(), 1),
                        PGRES_COMMAND_OK);
}

namespace {

void run_on(const std::string& dsn, const std::string& sql) {
    PGconn* const pg = PQconnectdb(dsn.c_str());
    const Result result(PQexec(pg, sql.c_str()), &PQclear);
    const std::string said = PQerrorMessage(pg);
    const bool is_done = PQresultStatus(result.get()) == PGRES_COMMAND_OK;
    PQfinish(pg);
    if (!is_done) throw Fault(FaultKind::kUnavailable, "Postgres said: " + said);
}

}  // namespace

ScratchDatabase::ScratchDatabase(std::string dsn) : server_(log::complete_dsn({std::move(dsn)})) {
    static std::atomic<int> count{0};
    name_ = fmt::format("skein_bench_{}_{}", ::getpid(), ++count);
    run_on(server_, "CREATE DATABASE " + name_);
    dsn_ = server_ + "dbname=" + name_;
    log::PgConnectOptions connect;
    connect.dsn = dsn_;
    log::Migrator(connect).up();
}

ScratchDatabase::~ScratchDatabase() {
    try {
        run_on(server_, "DROP DATABASE " + name_ + " WITH (FORCE)");
    } catch (const Fault&) {
        return;  // the server is gone: so is whoever would have minded
    }
}

}  // namespace skein::bench
