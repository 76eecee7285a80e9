// Where --pg leads, with what the environment sets beside it: SKEIN_POSTGRES__SSLMODE,
// SKEIN_POSTGRES__POOL_SIZE and SKEIN_POSTGRES__CONNECT_TIMEOUT.
//
// Threads: pure over an environment that does not change. Errors: Fault kConfig where a value is
// none. Source: interfaces section 6; V-95.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "engine/log/postgres/postgres_log.h"

namespace skein::cli {

// "30s", "2m", "500ms"; nothing where the text is no duration from 1 ms to 1 h.
std::optional<std::chrono::milliseconds> parse_duration(std::string_view text);
log::PostgresLogOptions postgres_options(const std::string& dsn);

}  // namespace skein::cli
