#include "engine/log/postgres/pg_pool.h"

#include <fmt/format.h>

#include "engine/base/check.h"

namespace skein::log {

PgPool::PgPool(PgConnectOptions options, std::size_t size,
               std::vector<const statements::Statement*> usual)
    : options_(std::move(options)), size_(size), usual_(std::move(usual)) {
    SKEIN_CHECK(size > 0, "a pool holds one connection at least");
}

std::unique_ptr<PgConnection> PgPool::open() const {
    auto connection = std::make_unique<PgConnection>(options_);
    for (const statements::Statement* statement : usual_) connection->prepare_now(*statement);
    return connection;
}

PgPool::Lease PgPool::take() {
    std::unique_ptr<PgConnection> found;
    std::vector<std::unique_ptr<PgConnection>> unfit;  // closed without the mutex
    {
        std::unique_lock<std::mutex> lock(mutex_);
        const bool is_free =
            came_free_.wait_for(lock, options_.connect_timeout, [this] { return taken_ < size_; });
        if (!is_free) {
            throw Fault(FaultKind::kOverloaded,
                        fmt::format("all {} connections to Postgres have been busy for {} s", size_,
                                    options_.connect_timeout.count()),
                        "Raise the size of the pool, or send less.");
        }
        ++taken_;
        while (!found && !idle_.empty()) {
            found = std::move(idle_.back());
            idle_.pop_back();
            if (!found->is_fit()) unfit.push_back(std::move(found));
        }
    }
    if (found) return {*this, std::move(found)};
    try {
        return {*this, open()};
    } catch (...) {
        give_back(nullptr);
        throw;
    }
}

void PgPool::give_back(std::unique_ptr<PgConnection> connection) {
    const bool is_fit = connection && connection->is_fit();
    {
        const std::lock_guard<std::mutex> lock(mutex_);
        --taken_;
        if (is_fit) idle_.push_back(std::move(connection));
    }
    came_free_.notify_one();
}

void PgPool::drop_idle() {
    std::vector<std::unique_ptr<PgConnection>> closing;
    const std::lock_guard<std::mutex> lock(mutex_);
    closing.swap(idle_);
}

}  // namespace skein::log
