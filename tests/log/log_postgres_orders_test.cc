// Orders: two appenders and a takeover of one shard are held at every point where they can wait, in
// many orders, beside a reader.
//
// Triggers stop each party before its write of a table and before its commit, at an advisory lock
// that the test holds: gate g of party p is the lock (p, g). A move starts a party or opens its
// next gate; a party that waits for a row instead is blocked, and its move does nothing. After each
// move every party is at a gate, blocked or done, and the reader looks.
// Source: design section 3; reliability 3.1 (JasperFx/marten #4964); P1, P2, P4.
#include <libpq-fe.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <catch2/catch.hpp>
#include <future>
#include <map>
#include <optional>
#include <set>
#include <thread>

#include "engine/log/postgres/migrator.h"
#include "engine/log/postgres/postgres_log.h"

#include "tests/contract/log_batches.h"
#include "tests/log/postgres_log_at.h"
#include "tests/servers/postgres_server.h"

namespace skein::log::test {

namespace {

using skein::test::PostgresServer;

constexpr std::size_t kOrders = 520;
constexpr std::size_t kParties = 3;  // two appenders, one takeover
constexpr int kGates = 4;            // receipts, events, heads, commit
// All orders of five moves, five and three are 72,072; each n-th is taken.
constexpr std::size_t kStride = 137;

const Shard kShard(1);

constexpr const char* kTriggers = R"sql(
CREATE FUNCTION public.gate() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    party text := current_setting('application_name');
BEGIN
    IF party LIKE 'party%' THEN
        PERFORM pg_advisory_xact_lock_shared(substr(party, 6)::integer, TG_ARGV[0]::integer);
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER gate BEFORE INSERT ON skein.receipts
    FOR EACH ROW EXECUTE FUNCTION public.gate(1);
CREATE TRIGGER gate BEFORE INSERT ON skein.events
    FOR EACH ROW EXECUTE FUNCTION public.gate(2);
CREATE TRIGGER gate BEFORE UPDATE ON skein.shard_heads
    FOR EACH ROW EXECUTE FUNCTION public.gate(3);
CREATE CONSTRAINT TRIGGER commit_gate AFTER UPDATE ON skein.shard_heads
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION public.gate(4);
)sql";

std::string migrated_database() {
    PgConnectOptions connect;
    connect.dsn = PostgresServer::shared().create_database();
    Migrator(connect).up();
    return connect.dsn;
}

// The connection of the test itself, which holds the gates and sees who waits where.
class Gatekeeper {
 public:
    explicit Gatekeeper(const std::string& dsn) : connection_(PQconnectdb(dsn.c_str())) {}
    ~Gatekeeper() { leave(); }
    Gatekeeper(const Gatekeeper&) = delete;
    Gatekeeper& operator=(const Gatekeeper&) = delete;

    std::vector<std::vector<std::string>> ask(const std::string& sql) {
        PGresult* const result = PQexec(connection_, sql.c_str());
        const std::string problem = PQresultErrorMessage(result);
        std::vector<std::vector<std::string>> rows;
        for (int r = 0; r < PQntuples(result); ++r) {
            rows.emplace_back();
            for (int c = 0; c < PQnfields(result); ++c)
                rows.back().emplace_back(PQgetvalue(result, r, c));
        }
        PQclear(result);
        if (!problem.empty()) throw std::runtime_error(problem);
        return rows;
    }
    // Closes the connection, and so opens every gate.
    void leave() {
        PQfinish(connection_);
        connection_ = nullptr;
    }
    void close_all() {
        ask("SELECT pg_advisory_lock(p, g) FROM generate_series(1, 3) p, generate_series(1, 4) g");
    }
    void open(std::size_t party, int gate) {
        ask("SELECT pg_advisory_unlock(" + std::to_string(party + 1) + ", " + std::to_string(gate) +
            ")");
    }
    void open_all() { ask("SELECT pg_advisory_unlock_all()"); }

    // Of each party that waits: the gate, or 0 where it is blocked by another.
    std::map<std::size_t, int> waiting() {
        std::map<std::size_t, int> found;
        for (const auto& row : ask("SELECT substr(a.application_name, 6)::integer - 1, "
                                   "CASE l.locktype WHEN 'advisory' THEN l.objid ELSE 0 END "
                                   "FROM pg_locks l JOIN pg_stat_activity a USING (pid) "
                                   "WHERE NOT l.granted AND a.application_name LIKE 'party%' "
                                   "AND a.datname = current_database()"))
            found[std::stoul(row[0])] = std::stoi(row[1]);
        return found;
    }

 private:
    PGconn* connection_;
};

// What a party came to: an append's outcome, or the epoch of a takeover.
struct End {
    std::optional<AppendResult> append;
    Epoch epoch;
};

class Race {
 public:
    Race(const std::string& dsn, EventLog& reader) : gates_(dsn), reader_(reader) {
        gates_.ask(kTriggers);
        for (std::size_t p = 0; p < kParties; ++p)
            logs_.push_back(open_log(dsn + " application_name=party" + std::to_string(p + 1)));
    }

    ~Race() { gates_.leave(); }  // after a failure parties may still wait there
    Race(const Race&) = delete;
    Race& operator=(const Race&) = delete;

    // Plays one order of moves to its end; what the reader saw wrong, or empty.
    std::string play(const std::vector<std::size_t>& moves, const std::array<Batch, 2>& batches) {
        batches_ = &batches;
        trace_.clear();
        appended_ = 0;
        base_ = reader_.head(kShard).position.value();
        gates_.close_all();
        for (const std::size_t party : moves) {
            move(party);
            settle();
            if (std::string problem = look(); !problem.empty()) return problem;
        }
        gates_.open_all();
        for (std::size_t p = 0; p < kParties; ++p) {
            if (!runs_[p].valid() && !ends_[p]) start(p);
            finish(p);
        }
        return look();
    }
    const End& end(std::size_t party) const { return *ends_[party]; }
    void forget() {
        for (auto& end : ends_) end.reset();
    }
    // What each move met, as a text: orders with the same are the same.
    const std::string& trace() const { return trace_; }
    std::size_t blocked() const { return blocked_; }

 private:
    void start(std::size_t party) {
        runs_[party] = std::async(std::launch::async, [this, party] {
            End end;
            if (party == 2) {
                end.epoch = logs_[party]->take_over(kShard);
            } else {
                end.append = logs_[party]->append_one((*batches_)[party]);
            }
            return end;
        });
    }
    void finish(std::size_t party) {
        if (!runs_[party].valid()) return;
        ends_[party] = runs_[party].get();
        const auto& append = ends_[party]->append;
        if (append && append->outcome == BatchOutcome::kAppended)
            appended_ += (*batches_)[party].events.size();
    }
    bool is_done(std::size_t party) const {
        return runs_[party].wait_for(std::chrono::seconds(0)) == std::future_status::ready;
    }
    void move(std::size_t party) {
        trace_ += static_cast<char>('A' + party);
        if (ends_[party]) {
            trace_ += '.';
        } else if (!runs_[party].valid()) {
            start(party);
        } else {
            const auto where = gates_.waiting();
            const int gate = where.at(party);
            trace_ += static_cast<char>('0' + gate);
            if (gate > 0) gates_.open(party, gate);
            if (gate == 0) ++blocked_;
        }
    }
    // Until every party that runs is at a gate, blocked, or done.
    void settle() {
        while (true) {
            const auto where = gates_.waiting();
            bool is_settled = true;
            for (std::size_t p = 0; p < kParties; ++p) {
                if (!runs_[p].valid()) continue;
                if (is_done(p)) {
                    finish(p);
                    is_settled = false;  // who waited for it goes on now
                } else if (!where.contains(p)) {
                    is_settled = false;
                }
            }
            if (is_settled) return;
        }
    }
    // A reader that takes last + 1 alone, and knows how much is committed.
    std::string look() {
        std::string problem;
        reader_.scan(kShard, last_, [&](const EventView& event) {
            if (event.position != last_.next()) problem = "a gap";
            last_ = event.position;
            return problem.empty();
        });
        if (!problem.empty()) return problem;
        if (last_.value() > base_ + appended_) return "an event was seen before its commit";
        if (last_.value() < base_ + appended_) return "an event was not seen after its commit";
        return {};
    }

    Gatekeeper gates_;
    EventLog& reader_;
    std::vector<std::unique_ptr<PostgresLog>> logs_;
    std::array<std::future<End>, kParties> runs_;
    std::array<std::optional<End>, kParties> ends_;
    const std::array<Batch, 2>* batches_ = nullptr;
    Position last_;
    std::uint64_t base_ = 0;
    std::uint64_t appended_ = 0;
    std::string trace_;
    std::size_t blocked_ = 0;
};

// The second appender repeats the first, or has a command of its own, or has many (which the
// database writes by another way).
std::array<Batch, 2> batches_for(const EventLog& log, std::uint64_t order) {
    const Scope scope = scope_in(log, kShard);
    const auto make = [&](std::uint64_t first, std::uint64_t commands) {
        BatchBuilder batch(log, kShard);
        for (std::uint64_t i = 0; i < commands; ++i)
            batch.command(scope, uuid_of(order, first + i)).event(run_in(scope, 0));
        return batch.batch();
    };
    const Batch first = make(0, 1);
    if (order % 3 == 0) return {first, first};
    return {first, order % 3 == 1 ? make(100, 1) : make(100, 12)};
}

// Every n-th order of the moves, in the order of the alphabet.
std::vector<std::vector<std::size_t>> orders() {
    std::vector<std::size_t> moves;
    for (std::size_t p = 0; p < kParties; ++p)
        moves.insert(moves.end(), p == 2 ? 3 : kGates + 1, p);
    std::vector<std::vector<std::size_t>> found;
    std::size_t number = 0;
    do {
        if (number++ % kStride == 0) found.push_back(moves);
    } while (found.size() < kOrders && std::next_permutation(moves.begin(), moves.end()));
    return found;
}

// What the two appends may have come to, given each other and the takeover.
void check_ends(const Race& race, bool is_repeat) {
    int appended = 0;
    for (const std::size_t p : {0, 1}) {
        const AppendResult& result = *race.end(p).append;
        appended += result.outcome == BatchOutcome::kAppended ? 1 : 0;
        REQUIRE(result.outcome != BatchOutcome::kInDoubt);
        if (is_repeat && result.outcome == BatchOutcome::kRefused)
            REQUIRE(result.commands[0].verdict == Verdict::kDuplicate);
        if (!is_repeat) REQUIRE(result.outcome != BatchOutcome::kRefused);
    }
    REQUIRE(appended <= 1);  // both rest on the same head
    const bool none_fenced = race.end(0).append->outcome != BatchOutcome::kFenced &&
                             race.end(1).append->outcome != BatchOutcome::kFenced;
    if (none_fenced) REQUIRE(appended == 1);
}

}  // namespace

TEST_CASE(
    "postgres: in all orders of two appenders and a takeover positions are dense and unseen "
    "before their commit",
    "[postgres]") {
    const std::string dsn = migrated_database();
    const auto reader = open_log(dsn);
    Race race(dsn, *reader);
    std::set<std::string> traces;
    std::size_t played = 0;
    for (const std::vector<std::size_t>& moves : orders()) {
        ++played;
        const auto batches = batches_for(*reader, played);
        REQUIRE(race.play(moves, batches) == "");
        CAPTURE(race.trace());
        check_ends(race, played % 3 == 0);
        traces.insert(race.trace());
        race.forget();
    }
    CHECK(played >= 500);
    CHECK(traces.size() >= 500);
    CHECK(race.blocked() >= 100);
    WARN(played << " orders, " << traces.size() << " of them different, " << race.blocked()
                << " moves blocked by another party");
    CHECK(walk(*reader).problem == "");
}

TEST_CASE("postgres: writes that a trigger delays on chosen rows are not skipped by readers",
          "[postgres]") {
    const std::string dsn = migrated_database();
    const auto log = open_log(dsn);
    Gatekeeper(dsn).ask(
        "CREATE FUNCTION public.delay() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        "PERFORM pg_sleep(0.01); RETURN NEW; END $$;"
        "CREATE TRIGGER delay BEFORE INSERT ON skein.events FOR EACH ROW "
        "WHEN (NEW.position % 7 = 3) EXECUTE FUNCTION public.delay();");
    std::atomic<int> running{4};
    std::atomic<int> wrong{0};
    std::vector<std::thread> threads;
    for (std::uint32_t s = 0; s < 4; ++s) {
        threads.emplace_back([&, s] {
            for (std::uint64_t i = 0; i < 100; ++i) {
                const Batch batch = small_batch(*log, Shard(s), i);
                if (log->append_one(batch).outcome != BatchOutcome::kAppended) ++wrong;
            }
            --running;
        });
    }
    std::array<Position, 4> last;
    bool is_last_round = false;
    while (!is_last_round) {
        is_last_round = running == 0;
        for (std::uint32_t s = 0; s < 4; ++s) {
            log->scan(Shard(s), last[s], [&](const EventView& event) {
                if (event.position != last[s].next()) ++wrong;
                last[s] = event.position;
                return true;
            });
        }
    }
    for (std::thread& thread : threads) thread.join();
    CHECK(wrong == 0);
    for (const Position position : last) CHECK(position == Position(100));
    CHECK(walk(*log).problem == "");
}

}  // namespace skein::log::test
