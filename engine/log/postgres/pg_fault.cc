#include "engine/log/postgres/pg_fault.h"

#include <fmt/format.h>

#include <array>
#include <pqxx/except>

#include "engine/base/fault_codes.h"

namespace skein::log {

namespace {

struct Reaction {
    std::string_view prefix;  // of the SQLSTATE
    FaultKind kind;
    const char* remedy;
};
// The first that fits counts.
constexpr std::array kReactions = {
    Reaction{"42501", FaultKind::kConfig,
             "Grant the login its rights: GRANT skein_app TO <login>, or use the owner's."},
    Reaction{"42P01", FaultKind::kConfig, "Bring the tables up to date with `skein migrate`."},
    Reaction{"42883", FaultKind::kConfig, "Bring the tables up to date with `skein migrate`."},
    Reaction{"3F000", FaultKind::kConfig, "Bring the tables up to date with `skein migrate`."},
    Reaction{"28", FaultKind::kConfig, "Check the user and the password of the connection."},
    Reaction{"3D000", FaultKind::kConfig, "Create the database, or name another one."},
    Reaction{"53", FaultKind::kOverloaded, "Raise the limits of the server, or the load is shed."},
    Reaction{"54", FaultKind::kConfig, "Make the batches smaller."},
    Reaction{"25006", FaultKind::kUnavailable, "Connect to the primary: this server only reads."},
    Reaction{"XX001", FaultKind::kCorruption, "Check the server's disk and restore a backup."},
    Reaction{"XX002", FaultKind::kCorruption, "Rebuild the index that it names with REINDEX."},
    Reaction{"42", FaultKind::kConfig, "Bring the tables up to date with `skein migrate`."},
};
constexpr const char* kTryAgain = "Try again; look at the server's log where it stays.";

}  // namespace

std::string sqlstate_of(const std::exception& error) {
    // libpqxx 6 leaves the state of these out.
    if (dynamic_cast<const pqxx::insufficient_privilege*>(&error) != nullptr) return "42501";
    if (dynamic_cast<const pqxx::syntax_error*>(&error) != nullptr) return "42601";
    if (const auto* refused = dynamic_cast<const pqxx::sql_error*>(&error))
        return refused->sqlstate();
    if (dynamic_cast<const pqxx::deadlock_detected*>(&error) != nullptr) return "40P01";
    if (dynamic_cast<const pqxx::serialization_failure*>(&error) != nullptr) return "40001";
    return {};
}

std::string message_of(const std::exception& error) {
    std::string text = error.what();
    text.resize(std::min(text.find('\n'), text.size()));
    for (const std::string_view start : {"ERROR:  ", "FATAL:  "})
        if (text.starts_with(start)) text.erase(0, start.size());
    return text;
}

Fault fault_of(const std::exception& error, std::string_view doing) {
    const std::string state = sqlstate_of(error);
    const std::string what =
        fmt::format("{} failed on Postgres: {}{}", doing, message_of(error),
                    state.empty() ? std::string() : fmt::format(" ({})", state));
    return fault_of_state(state, what, kTryAgain);
}

Fault fault_of_state(std::string_view state, const std::string& what, const char* otherwise) {
    if (state == "53100")
        return {fault_codes::kDiskFull, what, "Free space on the disk of the server."};
    for (const Reaction& reaction : kReactions) {
        if (state.starts_with(reaction.prefix)) return {reaction.kind, what, reaction.remedy};
    }
    return {FaultKind::kUnavailable, what, otherwise};
}

Fault damaged_value(std::string_view what) {
    return {FaultKind::kCorruption, fmt::format("{} in Postgres is not of its form", what),
            "Check the log with `skein verify --all` and restore a backup."};
}

}  // namespace skein::log
