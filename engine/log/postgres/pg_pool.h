// Connections of a log, opened when needed and used again, `size` at most at a time.
//
// Threads: all methods from any thread. Errors: those of PgConnection; kOverloaded where none came
// free within the connect timeout. Source: V-95 (20 connections, 30 s).
#pragma once

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "engine/log/postgres/pg_connection.h"

namespace skein::log {

class PgPool {
 public:
    // Each connection prepares `usual` when it is opened, so that the first use of each is one
    // round trip.
    PgPool(PgConnectOptions options, std::size_t size,
           std::vector<const statements::Statement*> usual = {});

    // A connection for as long as this lives.
    class Lease {
     public:
        Lease(PgPool& pool, std::unique_ptr<PgConnection> connection)
            : pool_(pool), connection_(std::move(connection)) {}
        ~Lease() { pool_.give_back(std::move(connection_)); }
        Lease(const Lease&) = delete;
        Lease& operator=(const Lease&) = delete;
        PgConnection& operator*() const { return *connection_; }
        PgConnection* operator->() const { return connection_.get(); }

     private:
        PgPool& pool_;
        std::unique_ptr<PgConnection> connection_;
    };
    Lease take();

    // One statement whose effect is the same when it is sent twice: where its answer was lost, it
    // is sent once more over a new connection.
    template <class... Parameters>
    pqxx::result ask(const statements::Statement& statement, std::string_view doing,
                     const Parameters&... parameters) {
        return ask_twice([&](PgConnection& connection) {
            return connection.run(statement, doing, parameters...);
        });
    }
    // The same, with rows in their binary form.
    BinaryRows ask_binary(const statements::Statement& statement, std::string_view doing,
                          const std::vector<std::string>& parameters) {
        return ask_twice([&](PgConnection& connection) {
            return connection.run_binary(statement, doing, parameters);
        });
    }

    // Closes those that nobody uses.
    void drop_idle();
    const PgConnectOptions& options() const { return options_; }

 private:
    template <class Ask>
    std::invoke_result_t<Ask, PgConnection&> ask_twice(const Ask& ask) {
        try {
            return ask(*take());
        } catch (const LostAnswer&) {
            drop_idle();
        }
        return ask(*take());
    }

    std::unique_ptr<PgConnection> open() const;
    void give_back(std::unique_ptr<PgConnection> connection);

    const PgConnectOptions options_;
    const std::size_t size_;
    const std::vector<const statements::Statement*> usual_;
    std::mutex mutex_;
    std::condition_variable came_free_;
    std::vector<std::unique_ptr<PgConnection>> idle_;  // guarded by mutex_; the last used is last
    std::size_t taken_ = 0;                            // guarded by mutex_
};

}  // namespace skein::log
