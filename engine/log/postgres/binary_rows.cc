#include "engine/log/postgres/binary_rows.h"

#include <libpq-fe.h>

#include "engine/base/bytes.h"
#include "engine/log/postgres/pg_fault.h"

namespace skein::log {

void BinaryRows::Clear::operator()(pg_result* result) const { PQclear(result); }

BinaryRows::BinaryRows(pg_result* result) : result_(result) {}

bool BinaryRows::is_ok() const { return PQresultStatus(result_.get()) == PGRES_TUPLES_OK; }

std::string BinaryRows::problem() const { return PQresultErrorMessage(result_.get()); }

std::string BinaryRows::sqlstate() const {
    const char* const state = PQresultErrorField(result_.get(), PG_DIAG_SQLSTATE);
    return state == nullptr ? std::string() : state;
}

std::size_t BinaryRows::size() const { return static_cast<std::size_t>(PQntuples(result_.get())); }

std::string_view BinaryRows::bytes(std::size_t row, int column, std::string_view what) const {
    const int at = static_cast<int>(row);
    if (PQgetisnull(result_.get(), at, column) != 0) throw damaged_value(what);
    return {PQgetvalue(result_.get(), at, column),
            static_cast<std::size_t>(PQgetlength(result_.get(), at, column))};
}

std::uint64_t BinaryRows::number(std::size_t row, int column, std::string_view what) const {
    ByteReader value(bytes(row, column, what));
    const std::uint64_t number = value.u64_be();
    if (!value.done()) throw damaged_value(what);
    return number;
}

std::uint32_t BinaryRows::integer(std::size_t row, int column, std::string_view what) const {
    ByteReader value(bytes(row, column, what));
    const std::uint32_t number = value.u32_be();
    if (!value.done()) throw damaged_value(what);
    return number;
}

Hash BinaryRows::hash(std::size_t row, int column, std::string_view what) const {
    const std::string_view hash = bytes(row, column, what);
    if (hash.size() != Hash().view().size()) throw damaged_value(what);
    return hash_from_bytes(hash);
}

}  // namespace skein::log
