// Values in rows of Postgres: bytes, hashes and ids out of their text form, and into parameters.
//
// Threads: pure. Errors: Fault kCorruption where a value is not of its form; `what` names it.
// Source: design section 3.
#pragma once

#include <pqxx/binarystring>
#include <pqxx/field>
#include <string>
#include <string_view>

#include "engine/base/hash.h"
#include "engine/base/ids.h"

namespace skein::log {

// A bytea, out of its hex form.
std::string bytes_of(const pqxx::field& field, std::string_view what);
Hash hash_of(const pqxx::field& field, std::string_view what);
Uuid uuid_of_field(const pqxx::field& field, std::string_view what);
std::uint64_t number_of(const pqxx::field& field, std::string_view what);

// A parameter in binary form.
inline pqxx::binarystring binary(std::string_view bytes) { return {bytes.data(), bytes.size()}; }
// A number as a parameter; those beyond bigint become negative, which no row holds.
inline std::int64_t bigint(std::uint64_t number) { return static_cast<std::int64_t>(number); }

}  // namespace skein::log
