// One connection to Postgres, with the settings that the log rests on.
//
// Every statement is a transaction of its own, sent outside of an explicit one: one round trip, and
// no transaction is ever idle. A connection that failed is thrown away: libpqxx would open it again
// by itself, with its settings and its LISTEN forgotten. libpqxx has rows as text alone; where they
// are many they are asked for as bytes, through libpq on the same connection.
// Threads: one user at a time. Errors: Fault kConfig (settings, rights, tables), kUnavailable (no
// server); LostAnswer where the statement may have taken effect.
// Source: design section 3 (Postgres append); V-95.
#pragma once

#include <memory>
#include <pqxx/connection>
#include <pqxx/nontransaction>
#include <pqxx/result>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/log/postgres/binary_rows.h"
#include "engine/log/postgres/pg_fault.h"
#include "engine/log/postgres/pg_options.h"
#include "engine/log/postgres/statements.h"

namespace skein::log {

// The DSN with our defaults where it says nothing: connect_timeout, application_name, keepalives,
// client_encoding. Fault kConfig where it is none.
std::string complete_dsn(const PgConnectOptions& options);
// Where the DSN leads, without a password: for messages.
std::string place_of(const std::string& dsn);

class PgConnection {
 public:
    explicit PgConnection(const PgConnectOptions& options);
    ~PgConnection();
    PgConnection(const PgConnection&) = delete;
    PgConnection& operator=(const PgConnection&) = delete;

    // False after a failure that leaves the connection useless, or where the server has said
    // something unasked: it is about to close.
    bool is_fit() const;
    pqxx::connection_base& raw();

    template <class... Parameters>
    pqxx::result run(const statements::Statement& statement, std::string_view doing,
                     Parameters&&... parameters) {
        try {
            pqxx::nontransaction alone(raw());
            return alone.exec_prepared(statement.name, std::forward<Parameters>(parameters)...);
        } catch (const std::exception& error) {
            fail(error, doing);
        }
    }
    // The same, with rows in their binary form. The parameters are texts.
    BinaryRows run_binary(const statements::Statement& statement, std::string_view doing,
                          const std::vector<std::string>& parameters);
    // The same with parameters in their binary form, which are not copied.
    BinaryRows run_binary(const statements::Statement& statement, std::string_view doing,
                          std::span<const std::string_view> parameters);
    // Otherwise done by the first run, which takes a second round trip for it.
    void prepare_now(const statements::Statement& statement);
    // Statements without parameters, as they are.
    pqxx::result run_text(const std::string& sql, std::string_view doing);

 private:
    class Session;
    struct RawParameters;

    BinaryRows run_raw(const statements::Statement& statement, std::string_view doing,
                       const RawParameters& parameters);

    [[noreturn]] void fail(const std::exception& error, std::string_view doing);
    void check_server(const PgConnectOptions& options);

    std::unique_ptr<Session> session_;
    std::unique_ptr<pqxx::errorhandler> quiet_;
    bool is_broken_ = false;
};

}  // namespace skein::log
