// Benchmarks: what `skein bench` runs. The program gives them, so that the CLI knows nothing of how
// anything is measured.
//
// Threads: one. Errors: Fault of a store underneath. Source: interfaces section 4 (`bench`).
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/json/value.h"

namespace skein::cli {

class Benchmarks {
 public:
    virtual ~Benchmarks() = default;

    enum class When {
        kAlways,
        kWhenNamed,     // it takes minutes
        kWithPostgres,  // it measures on the server of --pg
        kWithKafka,     // and on the brokers of --kafka
        kWithPeers,     // the same, beside other programs; only when named
    };
    struct Named {
        std::string_view name;
        std::string_view what;
        When when = When::kAlways;
    };
    virtual std::vector<Named> list() const = 0;
    // Of --pg and --kafka; empty: none.
    struct Servers {
        std::string postgres;
        std::string kafka;
    };
    // One line of the table, or one figure as a document (schema skein.bench/1).
    using Line = std::function<void(const std::string& text)>;
    using Figure = std::function<void(const json::Value& figure)>;
    // Runs one of list(); tells each figure as soon as it is measured.
    virtual void run(std::string_view name, const Servers& servers, const Line& line,
                     const Figure& figure) const = 0;
};

}  // namespace skein::cli
