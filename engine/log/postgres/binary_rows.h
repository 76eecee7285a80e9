// Rows in the binary form of the protocol, as libpq received them: bytea as its bytes, bigint as
// eight bytes, the highest first.
//
//   views into a row live as long as its BinaryRows
// Threads: many may read. Errors: Fault kCorruption where a value is not of its form; `what` names
// it. Source: PostgreSQL's documentation, 34.3 and 55.7.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "engine/base/hash.h"

struct pg_result;

namespace skein::log {

class BinaryRows {
 public:
    // Takes what a statement of libpq returned, which may be nothing.
    explicit BinaryRows(pg_result* result);

    // Whether the statement returned rows; otherwise what the server said, empty where it is gone.
    bool is_ok() const;
    std::string problem() const;
    std::string sqlstate() const;

    std::size_t size() const;
    std::string_view bytes(std::size_t row, int column, std::string_view what) const;
    std::uint64_t number(std::size_t row, int column, std::string_view what) const;  // bigint
    std::uint32_t integer(std::size_t row, int column, std::string_view what) const;
    Hash hash(std::size_t row, int column, std::string_view what) const;

 private:
    struct Clear {
        void operator()(pg_result* result) const;
    };
    std::unique_ptr<pg_result, Clear> result_;
};

}  // namespace skein::log
