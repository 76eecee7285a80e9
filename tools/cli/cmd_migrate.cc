#include <fmt/format.h>

#include "engine/bus/kafka/kafka_admin.h"
#include "engine/bus/kafka/kafka_topic.h"
#include "engine/bus/read_back.h"
#include "engine/json/writer.h"
#include "engine/log/postgres/migrator.h"
#include "tools/cli/commands.h"
#include "tools/cli/kafka_options.h"
#include "tools/cli/postgres_options.h"
#include "tools/cli/text_output.h"

namespace skein::cli {

namespace {

struct MigrateOptions {
    std::uint32_t shards = 16;
    bool is_dry_run = false;
};

using Statuses = std::vector<log::MigrationStatus>;

bool is_current(const Statuses& statuses) {
    return std::all_of(statuses.begin(), statuses.end(), [](const log::MigrationStatus& status) {
        return status.state == log::MigrationState::kApplied;
    });
}

json::Value migration_item(const log::MigrationStatus& status) {
    json::ObjectWriter item;
    item.member("applied_at",
                status.applied_at.empty() ? json::Value() : json::Value::string(status.applied_at));
    item.member_text("checksum", status.checksum);
    item.member_text("name", status.name);
    item.member_number("number", status.number);
    item.member_text("state", to_string(status.state));
    return item.value();
}

json::Value names_of(const std::vector<log::Migration>& migrations) {
    std::vector<json::Value> names;
    names.reserve(migrations.size());
    for (const log::Migration& migration : migrations)
        names.push_back(json::Value::string(migration.name));
    return json::Value::array(names);
}

json::Value store_document(const log::StoreInfo& info) {
    json::ObjectWriter out;
    out.member_number("shards", info.shard_count);
    out.member_text("store_id", info.store_id.str());
    return out.value();
}

using Topics = std::vector<bus::TopicFound>;

std::string_view to_string(bus::TopicState state) {
    switch (state) {
        case bus::TopicState::kMissing: return "missing";
        case bus::TopicState::kMade: return "made";
        case bus::TopicState::kStood: return "stood";
    }
    return "";
}

json::Value topics_document(const Topics& topics) {
    std::vector<json::Value> items;
    for (const bus::TopicFound& topic : topics) {
        json::ObjectWriter item;
        item.member_text("name", topic.name);
        item.member_text("state", to_string(topic.state));
        items.push_back(item.value());
    }
    return json::Value::array(items);
}

// Of a cluster that was named: what is missing is made, all must fit the store's shards.
Topics migrate_topics(const Cli& cli, std::uint32_t shards) {
    if (cli.kafka.empty()) return {};
    const bus::KafkaOptions options = kafka_options(cli.kafka);
    const std::vector<bus::TopicPlan> plans = bus::topic_plans(options, shards);
    Topics topics = bus::make_topics(options, plans);
    bus::check_topics(options, plans);
    return topics;
}

// Before anything is made: what stands must fit the store, or the one that is to be made, and must
// not be another store's.
Topics find_topics(const Cli& cli, const std::optional<log::StandingStore>& store,
                   std::uint32_t shards_if_made) {
    if (cli.kafka.empty()) return {};
    const std::uint32_t shards = store ? store->shard_count : shards_if_made;
    const bus::KafkaOptions options = kafka_options(cli.kafka);
    Topics topics = bus::find_topics(options, bus::topic_plans(options, shards));
    if (topics.front().state == bus::TopicState::kMissing) return topics;
    const auto events = bus::events_topic(options, shards, bus::WhenMissing::kRefuse);
    bus::check_owner(*events, shards, store ? std::optional(store->store_id) : std::nullopt);
    return topics;
}

// What a run did or would do: the migrations as they stand now, and the names of `done`.
struct Report {
    std::string_view verb;  // "applied" or "would apply"
    std::vector<log::Migration> done;
    Statuses statuses;
    std::optional<log::StoreInfo> store;
    Topics topics;
};

void print_report(Cli& cli, const Report& report) {
    if (cli.format() == Format::kText) {
        for (const log::Migration& migration : report.done)
            cli.out() << report.verb << ' ' << migration.name << '\n';
        if (report.done.empty()) cli.out() << "the tables are up to date\n";
        if (report.store)
            cli.out() << fmt::format("store {}, {} shards\n", report.store->store_id.str(),
                                     report.store->shard_count);
        for (const bus::TopicFound& topic : report.topics)
            cli.out() << fmt::format("topic {}: {}\n", topic.name, to_string(topic.state));
        return;
    }
    std::vector<json::Value> items;
    for (const log::MigrationStatus& status : report.statuses)
        items.push_back(migration_item(status));
    const bool is_dry = report.verb != "applied";
    json::ObjectWriter out;
    out.member("applied", is_dry ? json::Value::array({}) : names_of(report.done));
    out.member("migrations", json::Value::array(items));
    out.member("pending", is_dry ? names_of(report.done) : json::Value::array({}));
    out.member_text("schema", "skein.migrate/1");
    out.member("store", report.store ? store_document(*report.store) : json::Value());
    out.member("topics", topics_document(report.topics));
    cli.print(out.value());
}

int migrate_up(Cli& cli, const MigrateOptions& options) {
    log::PostgresLogOptions postgres = postgres_options(cli.pg);
    const log::Migrator migrator(postgres.connect);
    const Topics standing = find_topics(cli, migrator.find_store(), options.shards);
    if (options.is_dry_run) {
        print_report(
            cli, {"would apply", migrator.pending(), migrator.status(), std::nullopt, standing});
        return kOk;
    }
    Report report{"applied", migrator.up(), {}, std::nullopt, {}};
    report.statuses = migrator.status();
    postgres.mode = log::PostgresOpen::kCreate;
    postgres.shard_count = options.shards;
    SystemRandom random;
    report.store = log::PostgresLog::open(postgres, random)->info();
    report.topics = migrate_topics(cli, report.store->shard_count);
    print_report(cli, report);
    if (report.store->shard_count != options.shards)
        cli.err() << fmt::format("the store has {} shards since it was made; that cannot change\n",
                                 report.store->shard_count);
    return kOk;
}

int migrate_status(Cli& cli) {
    const Statuses statuses = log::Migrator(postgres_options(cli.pg).connect).status();
    const bool current = is_current(statuses);
    if (cli.format() == Format::kText) {
        Table table{{"number", "name", "state", "applied at", "checksum"}, {}};
        for (const log::MigrationStatus& status : statuses) {
            table.rows.push_back({std::to_string(status.number), printable(status.name),
                                  std::string(to_string(status.state)),
                                  status.applied_at.empty() ? "-" : status.applied_at,
                                  status.checksum.substr(0, 12)});
        }
        print_table(cli.out(), table);
    } else {
        std::vector<json::Value> items;
        for (const log::MigrationStatus& status : statuses) items.push_back(migration_item(status));
        json::ObjectWriter out;
        out.member_boolean("current", current);
        out.member("migrations", json::Value::array(items));
        out.member_text("schema", "skein.migrations/1");
        cli.print(out.value());
    }
    if (!current)
        cli.err() << "the database is not where this program is\n"
                  << "next:  `skein migrate --dry-run` says what would be done, or why not.\n";
    return current ? kOk : kNegative;
}

int refuse_no_database(Cli& cli) {
    return cli.refuse_usage(
        "skein migrate needs a Postgres database; an embedded store has nothing to migrate",
        "Name it: `skein --pg postgresql://user@host/database migrate`.");
}

}  // namespace

void add_migrate(CliCommand app, Cli& cli, const SetAction& set) {
    auto options = std::make_shared<MigrateOptions>();
    CliCommand sub = app.add_subcommand("migrate", "Bring a Postgres database up to date");
    sub.require_subcommand(0, 1);
    sub.add_option("--shards", options->shards, "Shards of a store that is made now; fixed then")
        .between(1, 16384)
        .with_default();
    sub.add_flag("--dry-run", options->is_dry_run, "Say what would be applied, change nothing");
    sub.footer(
        "Applies what is pending of the numbered migrations, one transaction each under one lock, "
        "and makes\nthe store where there is none. A file that was edited since, one that this "
        "program does not know, and\na newer database are refused, and nothing is changed. With "
        "--kafka the "
        "topics that are missing are made too.\n"
        "Example:\n  skein --pg postgresql://skein@db/skein migrate --dry-run");
    CliCommand status = sub.add_subcommand("status", "What is applied; exit 1 unless all is");
    sub.add_subcommand("up", "The same as `skein migrate` alone");
    sub.callback([&cli, options, status, set] {
        const bool is_status = status.is_typed();
        set([&cli, options, is_status] {
            if (cli.pg.empty()) return refuse_no_database(cli);
            return is_status ? migrate_status(cli) : migrate_up(cli, *options);
        });
    });
}

}  // namespace skein::cli
