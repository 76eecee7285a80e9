// How a server is reached. Apart from the connection, so that who opens a log needs no libpqxx.
//
// Threads: value types. Errors: none. Source: V-95.
#pragma once

#include <chrono>
#include <string>

namespace skein::log {

enum class PgDurability {
    kDemanded,  // a server without fsync is refused
    kAsServed,  // for measurements alone
};

struct PgConnectOptions {
    std::string dsn;  // as libpq takes it: a URI or `key=value ...`, sslmode included
    std::chrono::seconds connect_timeout{30};
    PgDurability durability = PgDurability::kDemanded;
    std::string sslmode = {};  // where the DSN names none; empty: libpq's own choice
};

}  // namespace skein::log
