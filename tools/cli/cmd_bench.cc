#include <fmt/format.h>

#include <algorithm>

#include "engine/domain/fields.h"
#include "engine/json/writer.h"
#include "tools/cli/benchmarks.h"
#include "tools/cli/commands.h"

namespace skein::cli {

namespace {

int refuse_name(Cli& cli, const std::vector<Benchmarks::Named>& known, const std::string& name) {
    std::vector<std::string_view> names;
    names.reserve(known.size());
    for (const Benchmarks::Named& each : known) names.push_back(each.name);
    const std::string_view near = domain::nearest(name, names);
    return cli.refuse_usage(fmt::format("there is no benchmark \"{}\"", name),
                            near.empty() ? std::string("`skein bench --list` names them all.")
                                         : fmt::format("did you mean `skein bench {}`?", near));
}

std::string_view note_of(Benchmarks::When when) {
    switch (when) {
        case Benchmarks::When::kAlways: return "";
        case Benchmarks::When::kWhenNamed: return " (minutes; only when named)";
        case Benchmarks::When::kWithPostgres: return " (with --pg)";
        case Benchmarks::When::kWithKafka: return " (with --pg and --kafka)";
        case Benchmarks::When::kWithPeers: return " (only when named: `dev bench --servers peers`)";
    }
    return "";
}

bool is_long(Benchmarks::When when) {
    return when == Benchmarks::When::kWhenNamed || when == Benchmarks::When::kWithPeers;
}

// The flags that it needs and that were not given; empty: none.
std::string needs_of(Benchmarks::When when, const Cli& cli) {
    const bool is_on_kafka =
        when == Benchmarks::When::kWithKafka || when == Benchmarks::When::kWithPeers;
    std::string needs;
    if ((when == Benchmarks::When::kWithPostgres || is_on_kafka) && cli.pg.empty()) needs = "--pg";
    if (is_on_kafka && cli.kafka.empty()) needs += needs.empty() ? "--kafka" : " and --kafka";
    return needs;
}

// Whether it runs, where nothing or other benchmarks were named too.
bool is_wanted(const Cli& cli, const Benchmarks::Named& bench,
               const std::vector<std::string>& names) {
    if (!names.empty()) return std::find(names.begin(), names.end(), bench.name) != names.end();
    return !is_long(bench.when) && needs_of(bench.when, cli).empty();
}

int list(Cli& cli, const std::vector<Benchmarks::Named>& known) {
    std::vector<json::Value> items;
    for (const Benchmarks::Named& each : known) {
        if (cli.format() == Format::kText) {
            cli.out() << fmt::format("{:<12} {}{}\n", each.name, each.what, note_of(each.when));
            continue;
        }
        json::ObjectWriter item;
        item.member("long", json::Value::boolean(is_long(each.when)));
        item.member_text("name", each.name);
        item.member("servers", json::Value::boolean(each.when != Benchmarks::When::kAlways &&
                                                    each.when != Benchmarks::When::kWhenNamed));
        item.member_text("what", each.what);
        items.push_back(item.value());
    }
    if (cli.format() == Format::kText) return kOk;
    json::ObjectWriter out;
    out.member("items", json::Value::array(items));
    out.member("next", json::Value());
    out.member_text("schema", "skein.list/1");
    cli.print(out.value());
    return kOk;
}

int run(Cli& cli, const std::vector<std::string>& names, bool lists) {
    const Benchmarks* benchmarks = cli.benchmarks();
    if (benchmarks == nullptr)
        return cli.refuse_usage("this program was built without benchmarks",
                                "use the `skein` that `./tools/dev build` makes.");
    const std::vector<Benchmarks::Named> known = benchmarks->list();
    if (lists) return list(cli, known);
    for (const std::string& name : names) {
        const bool is_known = std::any_of(known.begin(), known.end(),
                                          [&](const auto& each) { return each.name == name; });
        if (!is_known) return refuse_name(cli, known, name);
    }
    for (const Benchmarks::Named& each : known) {
        const std::string needs = needs_of(each.when, cli);
        if (is_wanted(cli, each, names) && !needs.empty())
            return cli.refuse_usage(
                fmt::format("the benchmark {} needs servers to measure on: {}", each.name, needs),
                "`./tools/dev up` starts both and prints the flags.");
    }
    std::vector<json::Value> figures;
    const auto print_line = [&](const std::string& line) {
        if (cli.format() == Format::kText) cli.out() << line << std::endl;
    };
    const auto take_figure = [&](const json::Value& figure) {
        if (cli.format() == Format::kJsonLines) {
            cli.print(figure);
        } else {
            figures.push_back(figure);
        }
    };
    for (const Benchmarks::Named& each : known) {
        if (is_wanted(cli, each, names))
            benchmarks->run(each.name, {cli.pg, cli.kafka}, print_line, take_figure);
    }
    if (cli.format() == Format::kJson) {
        json::ObjectWriter out;
        out.member("figures", json::Value::array(figures));
        out.member_text("schema", "skein.bench/1");
        cli.print(out.value());
    }
    return kOk;
}

}  // namespace

void add_bench(CliCommand app, Cli& cli, const SetAction& set) {
    struct Options {
        std::vector<std::string> names;
        bool lists = false;
    };
    auto options = std::make_shared<Options>();
    CliCommand sub =
        app.add_subcommand("bench", "Measures this machine: each figure beside what bounds it");
    sub.add_option("name", options->names, "Benchmarks; none: all short ones");
    sub.add_flag("--list", options->lists, "Names them, measures nothing");
    sub.footer(
        "Uses temporary stores below SKEIN_BENCH_DIR or the system's temporary folder, never the\n"
        "store of --data. Run nothing beside it.\n"
        "Examples:\n  skein bench\n  skein bench append single --json");
    sub.callback([&cli, options, set] {
        set([&cli, options] { return run(cli, options->names, options->lists); });
    });
}

}  // namespace skein::cli
