#include <fmt/format.h>

#include <filesystem>

#include "engine/json/writer.h"
#include "tools/cli/commands.h"
#include "tools/cli/reading.h"
#include "tools/cli/text_output.h"

namespace skein::cli {

namespace {

constexpr std::uintmax_t kFreeBytesMin = 256ULL << 20;  // some write buffers and their files

struct Check {
    std::string name;
    bool is_ok = true;
    std::string detail;
    std::string remedy;
};

Check check_disk(const std::string& directory) {
    std::error_code error;
    const auto space = std::filesystem::space(directory, error);
    const std::uintmax_t free = error ? 0 : space.available;
    return {"disk", free >= kFreeBytesMin, fmt::format("{} MiB free", free >> 20U),
            "Free some space: the log needs it to go on."};
}

Check check_log(Store& store) {
    return {"log", true,
            fmt::format("{} events in {} shards, store {}", event_count(store),
                        store.log().shard_count(), store.log().info().store_id.str()),
            ""};
}

Check check_views(Store& store) {
    store.views().catch_up();
    std::uint64_t lag = 0;
    std::uint64_t rows = 0;
    for (const auto& status : store.views().status()) {
        if (!status.live) continue;
        lag = std::max(lag, status.lag);
        rows += status.rows;
    }
    const auto counters = store.views().counters();
    std::string detail = fmt::format("{} events behind, {} rows", lag, rows);
    if (!counters.failure.empty()) detail += "; " + counters.failure;
    return {"views", lag == 0 && counters.failure.empty(), detail, "Run `skein views rebuild`."};
}

Check check_parked(Store& store) {
    const std::size_t count = store.views().parked().size();
    return {"parked", count == 0, fmt::format("{} events", count),
            "`skein parked ls` says what could not be applied and why."};
}

json::Value doctor_document(const std::vector<Check>& checks, bool is_ok) {
    std::vector<json::Value> items;
    for (const Check& check : checks) {
        json::ObjectWriter item;
        item.member_text("check", check.name);
        item.member_text("detail", check.detail);
        item.member_boolean("ok", check.is_ok);
        item.member("remedy", check.is_ok ? json::Value() : json::Value::string(check.remedy));
        items.push_back(item.value());
    }
    json::ObjectWriter out;
    out.member("checks", json::Value::array(items));
    out.member_boolean("ok", is_ok);
    out.member_text("schema", "skein.doctor/1");
    return out.value();
}

int examine(Cli& cli) {
    Store& store = cli.open(OpenMode::kMustExist);
    const std::vector<Check> checks{check_disk(cli.data), check_log(store), check_views(store),
                                    check_parked(store)};
    bool is_ok = true;
    Table table;
    for (const Check& check : checks) {
        is_ok = is_ok && check.is_ok;
        table.rows.push_back({check.is_ok ? "ok" : "BAD", check.name, check.detail});
    }
    if (cli.format() == Format::kText) {
        print_table(cli.out(), table);
    } else {
        cli.print(doctor_document(checks, is_ok));
    }
    for (const Check& check : checks) {
        if (!check.is_ok)
            cli.err() << "error: " << check.name << ": " << check.detail
                      << "\nnext:  " << check.remedy << '\n';
    }
    return is_ok ? kOk : kNegative;
}

}  // namespace

void add_doctor(CliCommand app, Cli& cli, const SetAction& set) {
    CliCommand sub =
        app.add_subcommand("doctor", "Is the store well? Disk, log, views, parked events");
    sub.footer("A quick look; `skein verify` proves every event and every row.");
    sub.callback([&cli, set] { set([&cli] { return examine(cli); }); });
}

}  // namespace skein::cli
