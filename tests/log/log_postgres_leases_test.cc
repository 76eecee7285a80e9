// Leases on Postgres: even shares among nodes, takeover of what a dead one had, and zombies that
// write nothing.
//
// Nodes are keepers of one process; a dead one is a keeper whose server connection hangs or whose
// process is stopped. Times are those of the database alone.
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <chrono>
#include <map>
#include <set>
#include <thread>

#include "engine/base/fault.h"
#include "engine/log/postgres/lease_rows.h"
#include "engine/log/postgres/lease_shares.h"
#include "engine/log/postgres/leased_log.h"
#include "engine/log/postgres/migrator.h"
#include "engine/log/postgres/pg_connection.h"
#include "engine/log/postgres/postgres_log.h"

#include "tests/contract/log_batches.h"
#include "tests/servers/postgres_server.h"
#include "tests/waiting/comes_true.h"

namespace skein::log::test {

namespace {

using skein::test::comes_true;
using skein::test::PostgresServer;
using std::chrono::milliseconds;

constexpr std::uint32_t kShards = 16;

PgConnectOptions migrated_database() {
    PgConnectOptions connect;
    connect.dsn = PostgresServer::shared().create_database();
    Migrator(connect).up();
    return connect;
}

std::unique_ptr<PostgresLog> open_log(const PgConnectOptions& connect) {
    PostgresLogOptions options;
    options.connect = connect;
    options.mode = PostgresOpen::kCreate;
    options.shard_count = kShards;
    SeededRandom random(7);
    return PostgresLog::open(options, random);
}

LeaseOwner owner_named(const std::string& name, milliseconds length) {
    return {name, name + ":7534", length};
}

class Node {
 public:
    Node(const PgConnectOptions& connect, const std::string& name, milliseconds length)
        : keeper_({connect, owner_named(name, length), LeaseSharing::kFairShare, {}}) {}
    std::size_t shards() const { return keeper_.held_shards().size(); }
    LeaseKeeper& keeper() { return keeper_; }

 private:
    LeaseKeeper keeper_;
};

// Of each owner whose lease is live: how many shards.
std::map<std::string, std::size_t> shares(LeaseRows& rows) {
    std::map<std::string, std::size_t> counts;
    for (const LeaseRow& row : rows.all())
        if (row.is_live()) ++counts[row.owner];
    return counts;
}

bool are_even(const std::map<std::string, std::size_t>& counts, std::size_t nodes) {
    if (counts.size() != nodes) return false;
    std::size_t sum = 0;
    for (const auto& [owner, count] : counts) {
        sum += count;
        if (count < kShards / nodes || count > (kShards + nodes - 1) / nodes) return false;
    }
    return sum == kShards;
}

}  // namespace

TEST_CASE("leases: every node plans the same even shares, whatever they begin with",
          "[postgres][leases]") {
    SeededRandom random(11);
    for (std::size_t node_count = 1; node_count <= 20; ++node_count) {
        std::vector<std::string> nodes;
        for (std::size_t n = 0; n < node_count; ++n) nodes.push_back("node-" + std::to_string(n));
        std::vector<OwnedShard> shards;
        for (std::uint32_t s = 0; s < kShards; ++s) {
            const std::uint64_t owner = random.below(node_count + 1);
            shards.push_back({Shard(s), owner == node_count ? "" : nodes[owner]});
        }
        // Nodes act one after the other, as their turn comes.
        for (int turn = 0; turn < 200; ++turn) {
            const std::string& self = nodes[random.below(node_count)];
            SharePlan plan = plan_shares(shards, nodes, self);
            for (const Shard shard : plan.release) {
                CHECK(shards[shard.value()].owner == self);
                shards[shard.value()].owner.clear();
            }
            plan.take.resize(std::min(plan.take.size(), plan.take_at_most));
            for (const Shard shard : plan.take) {
                CHECK(shards[shard.value()].owner.empty());
                shards[shard.value()].owner = self;
            }
        }
        std::map<std::string, std::size_t> counts;
        for (const OwnedShard& shard : shards) ++counts[shard.owner];
        CAPTURE(node_count);
        CHECK(counts.count("") == 0);
        for (const auto& [owner, count] : counts) {
            CHECK(count <= (kShards + node_count - 1) / node_count);
            CHECK(count >= kShards / node_count);
        }
        CHECK(counts.size() == std::min<std::size_t>(node_count, kShards));
        // Nobody moves anything any more.
        for (const std::string& node : nodes) {
            const SharePlan plan = plan_shares(shards, nodes, node);
            CHECK(plan.release.empty());
            CHECK((plan.take.empty() || plan.take_at_most == 0));
        }
    }
}

TEST_CASE("leases: the ranks of nodes move no more than a node that leaves had",
          "[postgres][leases]") {
    const std::vector<std::string> nodes = {"a", "b", "c", "d"};
    for (std::uint32_t s = 0; s < 100; ++s) {
        const std::vector<std::string> ranked = rank_nodes(Shard(s), nodes);
        std::vector<std::string> rest = nodes;
        rest.erase(std::find(rest.begin(), rest.end(), ranked.front()));
        const std::vector<std::string> left = rank_nodes(Shard(s), rest);
        CHECK(std::equal(left.begin(), left.end(), ranked.begin() + 1));
    }
}

TEST_CASE("leases: an owner keeps what it renews, and a lease that ran out is another one's",
          "[postgres][leases]") {
    const PgConnectOptions connect = migrated_database();
    const auto log = open_log(connect);
    LeaseRows one(connect, owner_named("one", milliseconds(300)));
    LeaseRows other(connect, owner_named("other", std::chrono::minutes(1)));
    const TakenLease first = one.take(Shard(3));
    REQUIRE(first.epoch);
    CHECK(log->head(Shard(3)).epoch == *first.epoch);
    CHECK(one.take(Shard(3)).epoch->value() == first.epoch->value() + 1);
    const TakenLease refused = other.take(Shard(3));
    CHECK_FALSE(refused.epoch);
    CHECK(refused.holder.owner == "one");
    CHECK(refused.holder.address == "one:7534");
    CHECK(refused.holder.left <= milliseconds(300));
    CHECK(refused.holder.is_live());
    const auto renewed = one.renew({Shard(3), Shard(4)});
    REQUIRE(renewed.size() == 1);
    CHECK(renewed.front().is_wanted);
    // Nobody renews it: it runs out, and is still the owner's until somebody takes it.
    REQUIRE(comes_true([&] { return !one.all()[3].is_live(); }));
    CHECK(one.renew({Shard(3)}).size() == 1);
    REQUIRE(comes_true([&] { return other.take(Shard(3)).epoch.has_value(); }));
    CHECK(one.renew({Shard(3)}).empty());
    one.release({Shard(3)});  // not its own any more
    CHECK(other.renew({Shard(3)}).size() == 1);
    other.release({Shard(3)});
    CHECK(one.take(Shard(3)).epoch);
}

TEST_CASE(
    "leases: three nodes share 16 shards evenly, and two share those of one that died [V-172]",
    "[postgres][leases]") {
    const PgConnectOptions connect = migrated_database();
    const auto log = open_log(connect);
    LeaseRows rows(connect, owner_named("observer", milliseconds(1)));
    const milliseconds length(600);
    Node first(connect, "first", length);
    REQUIRE(comes_true([&] { return first.shards() == kShards; }));
    const auto second = std::make_unique<Node>(connect, "second", length);
    REQUIRE(comes_true([&] { return are_even(shares(rows), 2); }));
    {
        // It is there, and dies without a word: nobody renews what it has.
        LeaseRows third(connect, owner_named("third", length));
        const auto renew_third = [&] {
            third.renew_node();
            std::vector<OwnedShard> shards;
            std::vector<Shard> mine;
            for (const LeaseRow& row : third.all()) {
                shards.push_back({row.shard, row.is_live() ? row.owner : ""});
                if (row.owner == "third") mine.push_back(row.shard);
            }
            third.renew(mine);
            const SharePlan plan = plan_shares(shards, third.live_nodes(), "third");
            for (std::size_t i = 0; i < std::min(plan.take.size(), plan.take_at_most); ++i)
                third.take(plan.take[i]);
            return are_even(shares(rows), 3);
        };
        REQUIRE(comes_true(renew_third));
    }
    REQUIRE(comes_true([&] { return are_even(shares(rows), 2); }));
    // The one that leaves with a word gives everything back at once.
    second->keeper().stop();
    CHECK(second->shards() == 0);
    CHECK(shares(rows).count("second") == 0);
    REQUIRE(comes_true([&] { return first.shards() == kShards; }));
}

TEST_CASE("leases: a node hears of every shard that it gains and loses", "[postgres][leases]") {
    const PgConnectOptions connect = migrated_database();
    const auto log = open_log(connect);
    std::mutex mutex;
    std::map<Shard, std::optional<Epoch>> told;
    LeaseKeeperOptions options{connect, owner_named("told", milliseconds(600)),
                               LeaseSharing::kFairShare,
                               [&](Shard shard, std::optional<Epoch> epoch) {
                                   const std::lock_guard<std::mutex> lock(mutex);
                                   told[shard] = epoch;
                               }};
    LeaseKeeper keeper(options);
    const auto has_told = [&](std::size_t owned) {
        const std::lock_guard<std::mutex> lock(mutex);
        return static_cast<std::size_t>(
                   std::count_if(told.begin(), told.end(),
                                 [](const auto& one) { return one.second.has_value(); })) == owned;
    };
    REQUIRE(comes_true([&] { return has_told(kShards); }));
    for (const auto& [shard, epoch] : told) CHECK(log->head(shard).epoch == *epoch);
    const Node another(connect, "another", milliseconds(600));
    REQUIRE(comes_true([&] { return has_told(kShards / 2) && another.shards() == kShards / 2; }));
    keeper.stop();
    CHECK(has_told(0));
}

TEST_CASE("leases: guests that want the same shard take turns, and none waits for an idle one",
          "[postgres][leases]") {
    const PgConnectOptions connect = migrated_database();
    const auto log = open_log(connect);
    LeaseKeeper one({connect, {"one", "", std::chrono::minutes(1)}, LeaseSharing::kOnDemand, {}});
    LeaseKeeper other(
        {connect, {"other", "", std::chrono::minutes(1)}, LeaseSharing::kOnDemand, {}});
    const TakenLease taken = one.take(Shard(0));
    REQUIRE(taken.epoch);
    // The lease lasts a minute, and is given back long before. Who uses it keeps it.
    {
        const auto use = one.use(Shard(0), *taken.epoch);
        REQUIRE(use);
        CHECK_FALSE(other.take(Shard(0)).epoch);
        CHECK(one.held(Shard(0)));
    }
    REQUIRE(comes_true([&] { return other.take(Shard(0)).epoch.has_value(); }));
    CHECK_FALSE(one.held(Shard(0)));
    CHECK_FALSE(one.use(Shard(0), *taken.epoch));
    // Given back again since it is idle; a moment has to pass since one gave it to the other.
    CHECK(comes_true([&] { return one.take(Shard(0)).epoch.has_value(); }));
    CHECK_FALSE(other.held(Shard(0)));
}

TEST_CASE(
    "leases: a guest that was idle takes all its shards again, however long that takes [V-39]",
    "[postgres][leases]") {
    const PgConnectOptions connect = migrated_database();
    const auto log = open_log(connect);
    LeaseKeeper keeper(
        {connect, {"guest", "", std::chrono::minutes(1)}, LeaseSharing::kOnDemand, {}});
    LeasedLog leased(*log, keeper);
    const auto batches = [&](std::uint64_t command) {
        std::vector<Batch> all;
        for (std::uint32_t s = 0; s < kShards; ++s) {
            all.push_back(small_batch(*log, Shard(s), command));
            all.back().epoch = leased.head(Shard(s)).epoch;
        }
        return all;
    };
    const auto is_appended = [](const AppendResult& result) {
        return result.outcome == BatchOutcome::kAppended;
    };
    const std::vector<AppendResult> first = leased.append(batches(1));
    REQUIRE(std::all_of(first.begin(), first.end(), is_appended));
    const std::vector<Batch> late = batches(2);
    REQUIRE(comes_true([&] { return keeper.held_shards().empty(); }));
    PgConnection(connect).run_text(
        "CREATE FUNCTION public.delay() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        "PERFORM pg_sleep(0.05); RETURN NEW; END $$;"
        "CREATE TRIGGER delay BEFORE UPDATE ON skein.leases FOR EACH ROW "
        "WHEN (OLD.owner IS NULL AND NEW.owner IS NOT NULL) EXECUTE FUNCTION public.delay();",
        "slowing the taking of leases down");
    // They were made for terms that are over; made again, each finds its lease still there.
    for (const AppendResult& result : leased.append(late))
        CHECK(result.outcome == BatchOutcome::kFenced);
    const std::vector<Batch> made_again = batches(2);
    // Deciding them may take long, since the states have to be read anew.
    std::this_thread::sleep_for(milliseconds(700));
    const std::vector<AppendResult> again = leased.append(made_again);
    CHECK(std::all_of(again.begin(), again.end(), is_appended));
    CHECK(walk(*log).events == 2 * kShards);
    CHECK(comes_true([&] { return keeper.held_shards().empty(); }));
}

TEST_CASE("leases: what is in doubt is fenced before anything is read again",
          "[postgres][leases]") {
    const PgConnectOptions connect = migrated_database();
    const auto log = open_log(connect);
    LeaseKeeper keeper({connect, {"guest", "", milliseconds(600)}, LeaseSharing::kOnDemand, {}});
    LeasedLog leased(*log, keeper);
    const Head before = leased.head(Shard(1));
    CHECK(before.epoch.value() == log->head(Shard(1)).epoch.value() + 1);
    Batch batch = small_batch(*log, Shard(1), 1);
    batch.epoch = before.epoch;
    CHECK(leased.append_one(batch).outcome == BatchOutcome::kAppended);
    // An orphan: sent under this epoch, not there yet.
    Batch orphan = small_batch(*log, Shard(1), 2);
    REQUIRE(orphan.epoch == before.epoch);
    keeper.fence_orphans(Shard(1));
    CHECK(log->append_one(orphan).outcome == BatchOutcome::kFenced);
    CHECK(leased.head(Shard(1)).epoch.value() == before.epoch.value() + 1);
    // A rejection of a shard that nobody holds is confirmed by looking, and by nothing else.
    Batch question;
    question.shard = Shard(2);
    question.epoch = leased.head(Shard(2)).epoch;
    CHECK(leased.append_one(question).outcome == BatchOutcome::kAppended);
    CHECK_FALSE(keeper.held(Shard(2)));
    question.expected_head = Position(5);
    CHECK(leased.append_one(question).outcome == BatchOutcome::kStaleHead);
}

// A process of its own that owns a shard and appends to it, until it is killed. Every append that
// it was told is written, it reports with its epoch.
class Zombie {
 public:
    Zombie(const PgConnectOptions& connect, const std::string& name, milliseconds length) {
        int ends[2];
        REQUIRE(::pipe(ends) == 0);
        child_ = ::fork();
        if (child_ == 0) {
            ::close(ends[0]);
            live(connect, name, length, ends[1]);
        }
        ::close(ends[1]);
        report_ = ends[0];
    }
    ~Zombie() {
        ::kill(child_, SIGCONT);
        ::kill(child_, SIGKILL);
        ::waitpid(child_, nullptr, 0);
        ::close(report_);
    }
    Zombie(const Zombie&) = delete;
    Zombie& operator=(const Zombie&) = delete;

    void pause() const {
        ::kill(child_, SIGSTOP);
        ::waitpid(child_, nullptr, WUNTRACED);
    }
    void resume() const { ::kill(child_, SIGCONT); }
    // 'a': an append was accepted, 'f': one was refused as fenced, 'x': nothing is heard of it.
    char next() const {
        char report = 0;
        pollfd heard{report_, POLLIN, 0};
        if (::poll(&heard, 1, 30'000) != 1) return 'x';
        if (::read(report_, &report, 1) != 1) return 'x';
        return report;
    }

 private:
    // A believer: it asks nobody whether it still owns the shard, the database alone stops it.
    [[noreturn]] static void live(const PgConnectOptions& connect, const std::string& name,
                                  milliseconds length, int report) {
        try {
            const auto log = open_log(connect);
            LeaseRows rows(connect, owner_named(name, length));
            TakenLease taken;
            while (!taken.epoch) taken = rows.take(Shard(0));
            bool has_told = false;
            while (true) {
                Batch batch = small_batch(*log, Shard(0), number());
                batch.epoch = *taken.epoch;
                const BatchOutcome outcome = log->append_one(batch).outcome;
                const char letter = outcome == BatchOutcome::kAppended ? 'a' : 'f';
                // One report is enough while it lives, and one when it is fenced.
                if ((letter == 'a' && !has_told) || letter == 'f')
                    if (::write(report, &letter, 1) != 1) ::_exit(1);
                has_told = true;
                if (letter == 'f') ::pause();
            }
        } catch (const std::exception&) {
            ::_exit(2);
        }
    }
    static std::uint64_t number() {
        static std::uint64_t next = (static_cast<std::uint64_t>(::getpid()) << 24U);
        return ++next;
    }

    pid_t child_ = -1;
    int report_ = -1;
};

TEST_CASE("leases: no write of a paused owner is accepted after the takeover, 100 times [V-172]",
          "[postgres][leases]") {
    const PgConnectOptions connect = migrated_database();
    const auto log = open_log(connect);
    const char* const more = ::getenv("SKEIN_TAKEOVERS");
    const int takeovers = more == nullptr ? 100 : std::atoi(more);
    const milliseconds length(40);
    LeaseRows heir(connect, owner_named("heir", length));
    std::set<Epoch> heirs;
    for (int i = 0; i < takeovers; ++i) {
        const Zombie zombie(connect, "zombie-" + std::to_string(i), length);
        REQUIRE(zombie.next() == 'a');
        zombie.pause();  // wherever it is: before an append, in it, behind it
        TakenLease taken;
        REQUIRE(comes_true([&] {
            taken = heir.take(Shard(0));
            return taken.epoch.has_value();
        }));
        heirs.insert(*taken.epoch);
        const Head head = log->head(Shard(0));
        zombie.resume();
        REQUIRE(zombie.next() == 'f');
        // What it had sent before the takeover was refused as well.
        CHECK(log->head(Shard(0)).position == head.position);
        CHECK(
            log->append_one(small_batch(*log, Shard(0), 1'000'000 + static_cast<std::uint64_t>(i)))
                .outcome == BatchOutcome::kAppended);
        heir.release({Shard(0)});
    }
    CHECK(heirs.size() == static_cast<std::size_t>(takeovers));
    CHECK(walk(*log).problem == "");
}

}  // namespace skein::log::test
