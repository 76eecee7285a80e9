// The truth after a lost answer: a connection is cut before, within and after the commit of an
// append, at a thousand moments; sent again, every command ends with its true result.
//
// The cuts are made by the proxy, byte by byte, so the same ones come in every run.
#include <array>
#include <atomic>
#include <catch2/catch.hpp>
#include <thread>

#include "engine/base/fault.h"
#include "engine/log/postgres/migrator.h"
#include "engine/log/postgres/pg_connection.h"
#include "engine/log/postgres/postgres_log.h"

#include "tests/contract/log_batches.h"
#include "tests/log/postgres_log_at.h"
#include "tests/servers/postgres_proxy.h"
#include "tests/servers/postgres_server.h"

namespace skein::log::test {

namespace {

using skein::test::Cut;
using skein::test::CutMoment;
using skein::test::PostgresProxy;
using skein::test::PostgresServer;

constexpr int kCommands = 3;

// Three commands, four events, on two streams.
Batch batch_for(const EventLog& log, std::uint64_t moment) {
    const Shard shard(moment % 4);
    const Scope scope = scope_in(log, shard);
    BatchBuilder batch(log, shard);
    for (std::uint64_t i = 0; i < kCommands; ++i)
        batch.command(scope, uuid_of(moment, i)).event(run_in(scope, 0));
    return batch.event(Stream(scope.str())).batch();
}

// The two ways to append: any batches, and one command with its one event.
struct Way {
    const char* statement;
    Batch (*batch)(const EventLog& log, std::uint64_t moment);
    std::size_t moments;
    std::uint64_t events;  // of a batch
};
constexpr Way kWays[] = {{"append", batch_for, 1000, kCommands + 1},
                         {"append_one",
                          [](const EventLog& log, std::uint64_t moment) {
                              return small_batch(log, Shard(moment % 4), moment);
                          },
                          600, 1}};

// A connection that is cut at every byte of the request, every byte of the reply, and between.
std::vector<Cut> moments_of(const PostgresProxy::Sizes& sizes, std::size_t count) {
    std::vector<Cut> moments;
    for (std::size_t i = 0; i < sizes.reply; ++i) moments.push_back({CutMoment::kReply, i});
    while (moments.size() < count / 2) moments.push_back({CutMoment::kSent, 0});
    const std::size_t rest = count - moments.size();
    for (std::size_t i = 0; i < rest; ++i)
        moments.push_back({CutMoment::kRequest, i * sizes.request / rest});
    return moments;
}

enum class Truth { kWrittenBefore, kWrittenByResending, kWrong };

// Sends until an answer comes, and holds it against what stands.
Truth send_again(PostgresLog& log, const Batch& batch) {
    AppendResult result;
    do {
        log.reopen();
        result = log.append_one(batch);
    } while (result.outcome == BatchOutcome::kInDoubt);
    std::uint64_t first = batch.expected_head.value() + 1;
    for (std::size_t c = 0; c < batch.commands.size(); ++c) {
        const std::optional<Receipt>& receipt = result.commands[c].receipt;
        const bool is_true = receipt && receipt->first == Position(first) &&
                             receipt->content_hash == batch.commands[c].content_hash;
        if (!is_true) return Truth::kWrong;
        first += batch.commands[c].event_count;
    }
    if (result.outcome == BatchOutcome::kAppended) return Truth::kWrittenByResending;
    return result.commands[0].verdict == Verdict::kDuplicate ? Truth::kWrittenBefore
                                                             : Truth::kWrong;
}

}  // namespace

TEST_CASE("postgres: a commit whose answer is lost has its true result after re-sending [V-117]",
          "[postgres]") {
    const Way way = kWays[GENERATE(0, 1)];
    CAPTURE(way.statement);
    const std::string dsn = PostgresServer::shared().create_database();
    PgConnectOptions connect;
    connect.dsn = dsn;
    Migrator(connect).up();
    PostgresProxy proxy(PostgresServer::shared().socket_path());
    const auto direct = open_log(dsn);
    const auto log = open_log(proxy.through(dsn));
    REQUIRE(log->append_one(way.batch(*direct, 0)).outcome == BatchOutcome::kAppended);
    const PostgresProxy::Sizes sizes = proxy.sizes_of(way.statement);
    REQUIRE(sizes.request > 200);
    REQUIRE(sizes.reply > 20);
    const std::vector<Cut> moments = moments_of(sizes, way.moments);
    REQUIRE(moments.size() == way.moments);

    std::size_t before = 0;
    std::size_t by_resending = 0;
    for (std::size_t i = 0; i < moments.size(); ++i) {
        const Cut cut = moments[i];
        CAPTURE(i, static_cast<int>(cut.moment), cut.bytes);
        const Batch batch = way.batch(*direct, i + 1);
        proxy.cut_next(way.statement, cut);
        const AppendResult lost = log->append_one(batch);
        REQUIRE_FALSE(proxy.is_armed());
        REQUIRE(lost.outcome == BatchOutcome::kInDoubt);
        REQUIRE_FALSE(lost.detail.empty());
        const Truth truth = send_again(*log, batch);
        REQUIRE(truth != Truth::kWrong);
        if (cut.moment == CutMoment::kRequest) REQUIRE(truth == Truth::kWrittenByResending);
        if (cut.moment == CutMoment::kReply) REQUIRE(truth == Truth::kWrittenBefore);
        (truth == Truth::kWrittenBefore ? before : by_resending) += 1;
        REQUIRE(direct->head(batch.shard).position ==
                Position(batch.expected_head.value() + batch.events.size()));
    }
    CHECK(before + by_resending == way.moments);
    WARN(before << " were written before the cut, " << by_resending << " by re-sending");
    const Walk checked = walk(*direct);
    CHECK(checked.problem == "");
    CHECK(checked.events == (way.moments + 1) * way.events);
}

// A look at what stands says nothing about an append whose server is still at it.
TEST_CASE("postgres: who lost the answer does not say that nothing was written [V-117]",
          "[postgres]") {
    const Way way = kWays[GENERATE(0, 1)];
    CAPTURE(way.statement);
    PgConnectOptions connect;
    connect.dsn = PostgresServer::shared().create_database();
    Migrator(connect).up();
    PostgresProxy proxy(PostgresServer::shared().socket_path());
    const auto direct = open_log(connect.dsn);
    const auto log = open_log(proxy.through(connect.dsn));
    REQUIRE(log->append_one(way.batch(*direct, 0)).outcome == BatchOutcome::kAppended);
    PgConnection(connect).run_text(
        "CREATE FUNCTION public.delay() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        "PERFORM pg_sleep(0.1); RETURN NEW; END $$;"
        "CREATE TRIGGER delay BEFORE INSERT ON skein.events FOR EACH ROW "
        "EXECUTE FUNCTION public.delay();",
        "slowing appends down");
    const Batch batch = way.batch(*direct, 1);
    proxy.cut_next(way.statement, {CutMoment::kSent, 0});
    const AppendResult lost = log->append_one(batch);
    CHECK(lost.outcome == BatchOutcome::kInDoubt);
    CHECK_FALSE(lost.is_unwritten);
    CHECK(send_again(*log, batch) == Truth::kWrittenBefore);
}

TEST_CASE("postgres: while the server is away appends are refused, and nothing is in doubt",
          "[postgres]") {
    PostgresServer server;
    const std::string dsn = server.create_database();
    PgConnectOptions connect;
    connect.dsn = dsn;
    Migrator(connect).up();
    const auto log = open_log(dsn);
    REQUIRE(log->append_one(batch_for(*log, 1)).outcome == BatchOutcome::kAppended);
    const Batch batch = batch_for(*log, 2);
    for (int round = 0; round < 2; ++round) {
        if (round == 0) {
            server.stop();
        } else {
            server.stop_at_once();
        }
        CHECK_THROWS_AS(log->append_one(batch), Fault);
        CHECK_THROWS_AS(log->head(Shard(0)), Fault);
        server.start();
        CHECK(log->head(batch.shard).position == Position(round == 0 ? 0 : 4));
        if (round == 0) CHECK(log->append_one(batch).outcome == BatchOutcome::kAppended);
    }
    CHECK(log->append_one(batch).commands[0].verdict == Verdict::kDuplicate);
    CHECK(walk(*log).events == 8);
    CHECK(walk(*log).problem == "");
}

}  // namespace skein::log::test
