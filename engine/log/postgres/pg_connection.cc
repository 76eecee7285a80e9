#include "engine/log/postgres/pg_connection.h"

#include <fmt/format.h>
#include <libpq-fe.h>
#include <poll.h>

#include <algorithm>
#include <array>
#include <map>
#include <pqxx/errorhandler>

#include "engine/base/planted_bug.h"

namespace skein::log {

namespace {

// Every statement of ours reads rows by an index, in its order. The planner knows little of a table
// that grows fast: it would rather read and sort all of it for each page, and plan again each time.
// What is switched off counts as very dear where there is no other way (a table of one row), and
// would be compiled for 50 ms in every session.
constexpr const char* kSettings =
    "SET bytea_output = hex; SET default_transaction_isolation = 'read committed'; "
    "SET client_min_messages = warning; SET enable_seqscan = off; SET enable_bitmapscan = off; "
    "SET plan_cache_mode = force_generic_plan; SET jit = off; ";

// Where the DSN says nothing. Orphans of a lost client die within half a minute, and a dead server
// is noticed as fast.
constexpr std::array<std::pair<const char*, const char*>, 6> kDefaults = {{
    {"application_name", "skein"},
    {"client_encoding", "UTF8"},
    {"keepalives_idle", "10"},
    {"keepalives_interval", "5"},
    {"keepalives_count", "3"},
    {"tcp_user_timeout", "30000"},
}};

constexpr const char* kFormOfAddress =
    "Write it as postgresql://user@host:port/database?sslmode=verify-full; what is special in a "
    "name "
    "or password as %XX (`@` is %40).";

// What libpq quotes of an address may be a part of its password.
std::string without_quotes(std::string_view text) {
    std::string out;
    bool is_quoted = false;
    for (const char c : text) {
        if (c == '"' && !is_quoted) out += "...";
        if (c == '"') is_quoted = !is_quoted;
        if (c != '"' && c != '\n' && !is_quoted) out += c;
    }
    return out;
}

void check_sslmode(const std::string& mode) {
    constexpr std::array<std::string_view, 7> kModes = {
        "", "disable", "allow", "prefer", "require", "verify-ca", "verify-full"};
    if (std::find(kModes.begin(), kModes.end(), mode) != kModes.end()) return;
    throw Fault(FaultKind::kConfig, fmt::format("sslmode is \"{}\"", mode),
                "Use disable, allow, prefer, require, verify-ca or verify-full.");
}

// What libpq takes and cannot mean what it says.
void check_settings(const std::map<std::string, std::string>& settings) {
    const auto is_set = [&](const char* name) {
        const auto place = settings.find(name);
        return place == settings.end() ? std::string() : place->second;
    };
    // A host that begins with one is a socket without a file.
    if (is_set("dbname").find('@') != std::string::npos ||
        is_set("host").find('@', 1) != std::string::npos)
        throw Fault(
            FaultKind::kConfig,
            "the address of Postgres has more than one `@`: one in the name or the password, "
            "most likely",
            kFormOfAddress);
    check_sslmode(is_set("sslmode"));
}

std::map<std::string, std::string> settings_of(const std::string& dsn) {
    char* problem = nullptr;
    PQconninfoOption* const parsed = PQconninfoParse(dsn.c_str(), &problem);
    if (parsed == nullptr) {
        const std::string why = problem == nullptr ? "out of memory" : without_quotes(problem);
        PQfreemem(problem);
        throw Fault(FaultKind::kConfig, "the address of Postgres cannot be read: " + why,
                    kFormOfAddress);
    }
    std::map<std::string, std::string> settings;
    for (const PQconninfoOption* option = parsed; option->keyword != nullptr; ++option)
        if (option->val != nullptr) settings[option->keyword] = option->val;
    PQconninfoFree(parsed);
    check_settings(settings);
    return settings;
}

std::string quoted(const std::string& value) {
    std::string text = "'";
    for (const char c : value) {
        if (c == '\'' || c == '\\') text += '\\';
        text += c;
    }
    return text += "'";
}

std::string value_or(const std::map<std::string, std::string>& settings, const char* name,
                     const char* otherwise) {
    const auto place = settings.find(name);
    return place == settings.end() ? otherwise : place->second;
}

}  // namespace

std::string complete_dsn(const PgConnectOptions& options) {
    std::map<std::string, std::string> settings = settings_of(options.dsn);
    settings.emplace("connect_timeout", std::to_string(options.connect_timeout.count()));
    check_sslmode(options.sslmode);
    if (!options.sslmode.empty()) settings.emplace("sslmode", options.sslmode);
    for (const auto& [name, value] : kDefaults) settings.emplace(name, value);
    std::string text;
    for (const auto& [name, value] : settings) text += name + "=" + quoted(value) + " ";
    return text;
}

std::string place_of(const std::string& dsn) {
    const auto settings = settings_of(dsn);
    return fmt::format("{}:{}/{}", value_or(settings, "host", "localhost"),
                       value_or(settings, "port", "5432"), value_or(settings, "dbname", "default"));
}

namespace {

// The SQLSTATE with which the server refuses a connection, which libpqxx does not tell: asked for
// by connecting once more. Empty where it gives none.
std::string refusal_of(const std::string& dsn) {
    constexpr std::size_t kStateSize = 5;
    constexpr int kPatienceMs = 2000;
    const std::unique_ptr<PGconn, decltype(&PQfinish)> session(PQconnectStart(dsn.c_str()),
                                                               &PQfinish);
    PQsetErrorVerbosity(session.get(), PQERRORS_SQLSTATE);
    PostgresPollingStatusType next = PGRES_POLLING_WRITING;
    while (next == PGRES_POLLING_WRITING || next == PGRES_POLLING_READING) {
        pollfd socket{PQsocket(session.get()),
                      static_cast<short>(next == PGRES_POLLING_WRITING ? POLLOUT : POLLIN), 0};
        if (socket.fd < 0 || ::poll(&socket, 1, kPatienceMs) <= 0) return {};
        next = PQconnectPoll(session.get());
    }
    const std::string_view said = PQerrorMessage(session.get());
    constexpr std::string_view kMark = "FATAL:  ";
    const std::size_t at = said.rfind(kMark);
    return at == std::string_view::npos ? std::string()
                                        : std::string(said.substr(at + kMark.size(), kStateSize));
}

}  // namespace

// A connection of libpqxx that lets libpq be used beside it.
class PgConnection::Session final : public pqxx::connection_base {
 public:
    // As pqxx::connection does it: the base keeps a reference, and asks when `init` is called.
    explicit Session(const std::string& dsn) : pqxx::connection_base(policy_), policy_(dsn) {
        init();
    }
    ~Session() noexcept { close(); }
    PGconn* handle() const { return policy_.handle; }

 private:
    struct Policy final : pqxx::connect_direct {
        using pqxx::connect_direct::connect_direct;
        PGconn* do_startconnect(PGconn* earlier) override {
            return handle = pqxx::connect_direct::do_startconnect(earlier);
        }
        PGconn* handle = nullptr;
    };
    Policy policy_;
};

PgConnection::PgConnection(const PgConnectOptions& options) {
    const std::string dsn = complete_dsn(options);
    try {
        session_ = std::make_unique<Session>(dsn);
        quiet_ = std::make_unique<pqxx::quiet_errorhandler>(*session_);
        for (const statements::Statement& statement : statements::kAll)
            session_->prepare(statement.name, statement.sql);
    } catch (const std::exception& error) {
        const std::string said = message_of(error);
        const bool is_refused = std::string_view(error.what()).find("FATAL") != std::string::npos;
        throw fault_of_state(
            is_refused ? refusal_of(dsn) : std::string(),
            fmt::format("Postgres at {} cannot be reached: {}", place_of(options.dsn), said),
            "Check that it runs, and the address, user and sslmode.");
    }
    check_server(options);
}

void PgConnection::prepare_now(const statements::Statement& statement) {
    try {
        session_->prepare_now(statement.name);
    } catch (const std::exception& error) {
        fail(error, "preparing a statement");
    }
}

PgConnection::~PgConnection() {
    quiet_.reset();
    session_.reset();
}

void PgConnection::check_server(const PgConnectOptions& options) {
    const pqxx::row found =
        run_text(std::string(kSettings) +
                     "SELECT current_setting('fsync'), current_setting('synchronous_commit'), "
                     "pg_is_in_recovery(), current_setting('server_version_num')::integer",
                 "opening a connection")
            .front();
    if (found[3].as<int>() < 150000) {
        throw Fault(FaultKind::kConfig,
                    fmt::format("Postgres at {} has version {}, 15 or later is needed",
                                place_of(options.dsn), found[3].as<int>() / 10000),
                    "Upgrade the server.");
    }
    if (found[2].as<bool>()) {
        throw Fault(FaultKind::kUnavailable,
                    fmt::format("Postgres at {} is a standby", place_of(options.dsn)),
                    "Connect to the primary, with target_session_attrs=read-write.");
    }
    if (options.durability == PgDurability::kAsServed) return;
    if (found[0].as<std::string>() != "on") {
        throw Fault(FaultKind::kConfig,
                    fmt::format("Postgres at {} runs with fsync = off: what is acknowledged would "
                                "not survive a power cut",
                                place_of(options.dsn)),
                    "Set fsync = on in postgresql.conf.");
    }
    if (found[1].as<std::string>() == "off")
        run_text("SET synchronous_commit = on", "opening a connection");
    if (is_planted(PlantedBug::kAckBeforeCommit))
        run_text("SET synchronous_commit = off", "opening a connection");
}

pqxx::connection_base& PgConnection::raw() { return *session_; }

bool PgConnection::is_fit() const {
    if (is_broken_ || !session_->is_open()) return false;
    pollfd idle{session_->sock(), POLLIN, 0};
    return ::poll(&idle, 1, 0) == 0;
}

namespace {

constexpr int kBinary = 1;

}  // namespace

// As libpq takes them; no lengths and formats: texts.
struct PgConnection::RawParameters {
    std::vector<const char*> values;
    std::vector<int> lengths;
    std::vector<int> formats;
};

BinaryRows PgConnection::run_binary(const statements::Statement& statement, std::string_view doing,
                                    const std::vector<std::string>& parameters) {
    RawParameters raw;
    for (const std::string& parameter : parameters) raw.values.push_back(parameter.c_str());
    return run_raw(statement, doing, raw);
}

BinaryRows PgConnection::run_binary(const statements::Statement& statement, std::string_view doing,
                                    std::span<const std::string_view> parameters) {
    RawParameters raw;
    raw.formats.assign(parameters.size(), kBinary);
    for (const std::string_view parameter : parameters) {
        raw.values.push_back(parameter.data());
        raw.lengths.push_back(static_cast<int>(parameter.size()));
    }
    return run_raw(statement, doing, raw);
}

BinaryRows PgConnection::run_raw(const statements::Statement& statement, std::string_view doing,
                                 const RawParameters& parameters) {
    prepare_now(statement);
    BinaryRows rows(PQexecPrepared(
        session_->handle(), statement.name, static_cast<int>(parameters.values.size()),
        parameters.values.data(), parameters.lengths.empty() ? nullptr : parameters.lengths.data(),
        parameters.formats.empty() ? nullptr : parameters.formats.data(), kBinary));
    if (rows.is_ok()) return rows;
    fail(pqxx::sql_error(
             rows.problem().empty() ? PQerrorMessage(session_->handle()) : rows.problem(),
             statement.sql, rows.sqlstate().c_str()),
         doing);
}

pqxx::result PgConnection::run_text(const std::string& sql, std::string_view doing) {
    try {
        pqxx::nontransaction alone(*session_);
        return alone.exec(sql);
    } catch (const std::exception& error) {
        fail(error, doing);
    }
}

// The server's answer is final where it named an error and went on listening. Everything else, a
// shutdown's last words included, says nothing about what became of the statement.
void PgConnection::fail(const std::exception& error, std::string_view doing) {
    const std::string state = sqlstate_of(error);
    const bool is_final = session_->is_open() && state.size() == 5 && !state.starts_with("08") &&
                          !state.starts_with("57P") && state != "40003";
    if (is_final) throw fault_of(error, doing);
    is_broken_ = true;
    throw LostAnswer(
        FaultKind::kUnavailable,
        fmt::format("{}: the connection to Postgres was lost: {}", doing, message_of(error)),
        "Try again when the server is back.");
}

}  // namespace skein::log
