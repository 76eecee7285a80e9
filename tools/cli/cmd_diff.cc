#include <fmt/format.h>

#include "engine/json/patch.h"
#include "engine/json/writer.h"
#include "tools/cli/commands.h"
#include "tools/cli/reading.h"
#include "tools/cli/text_output.h"

namespace skein::cli {

namespace {

struct DiffOptions {
    std::string a;
    std::string b;
    std::string format = "tree";
    bool stat = false;
    bool name_only = false;
    bool full = false;
    bool exit_code = false;
};

struct Sides {
    Reading from;
    Reading to;
};

Result<Sides, domain::Rejection> read_range(Store& store, const Located& located) {
    auto from = store.read(located.resource, *located.address.from, {});
    if (!from) return fail(from.error());
    auto to = store.read(located.resource, located.address.to.value_or(replay::Point{}), {});
    if (!to) return fail(to.error());
    return Sides{*std::move(from), *std::move(to)};
}

Result<Sides, domain::Rejection> read_sides(Store& store, const DiffOptions& options) {
    auto a = locate(store, options.a);
    if (!a) return fail(a.error());
    if (a->address.is_range()) return read_range(store, *a);
    auto from = store.read(a->resource, a->point(), {});
    if (!from) return fail(from.error());
    // "@12" alone is a point of the same resource.
    const bool is_same = options.b.starts_with('@');
    auto to = store.read(is_same ? a->address.resource + options.b : options.b);
    if (!to) return fail(to.error());
    return Sides{*std::move(from), *std::move(to)};
}

// What is compared: values, or the document without what names its point.
json::Value compared(const Reading& reading, const DiffOptions& options) {
    if (!options.full) return reading.values();
    std::vector<std::pair<std::string, json::Value>> members;
    for (auto& member : reading.document().members()) {
        if (member.first != "point" && member.first != "digest")
            members.push_back(std::move(member));
    }
    return json::Value::object(std::move(members));
}

json::Value diff_document(const Sides& sides, const std::vector<json::Change>& changes) {
    std::vector<json::Value> items;
    for (const json::Change& change : changes) {
        json::ObjectWriter item;
        if (change.from) item.member("from", *change.from);
        item.member_text("op", json::to_string(change.op));
        item.member_text("path", change.path);
        if (change.to) item.member("to", *change.to);
        items.push_back(item.value());
    }
    json::ObjectWriter out;
    out.member("changes", json::Value::array(items));
    out.member("from", sides.from.point());
    out.member_text("schema", "skein.diff/1");
    out.member("to", sides.to.point());
    return out.value();
}

std::string title_of(const Reading& reading) {
    const domain::Mark& mark = reading.state->mark();
    if (mark.position.value() == 0) return reading.state->stream().str() + "@0";
    return fmt::format("{}@{}  {}", reading.state->stream().str(), mark.version.value(),
                       format_time(mark.recorded_at));
}

void print_stat(Cli& cli, const std::vector<json::Change>& changes) {
    std::size_t added = 0;
    std::size_t removed = 0;
    for (const json::Change& change : changes) {
        added += change.op == json::ChangeOp::kAdd ? 1 : 0;
        removed += change.op == json::ChangeOp::kRemove ? 1 : 0;
    }
    cli.out() << fmt::format("{} paths: {} added, {} removed, {} replaced\n", changes.size(), added,
                             removed, changes.size() - added - removed);
}

void print_tree(Cli& cli, const Sides& sides, const std::vector<json::Change>& changes) {
    cli.out() << cli.paint(Colour::kBold, "--- " + title_of(sides.from)) << '\n'
              << cli.paint(Colour::kBold, "+++ " + title_of(sides.to)) << '\n';
    for (const json::Change& change : changes) {
        cli.out() << "  " << printable(change.path) << '\n';
        if (change.from)
            cli.out() << "    " << cli.paint(Colour::kRed, "- " + shortened(change.from->text()))
                      << '\n';
        if (change.to)
            cli.out() << "    " << cli.paint(Colour::kGreen, "+ " + shortened(change.to->text()))
                      << '\n';
    }
}

void print_diff(Cli& cli, const Sides& sides, const DiffOptions& options,
                const std::vector<json::Change>& changes) {
    if (options.format == "json-patch") return cli.print(json::to_json_patch(changes));
    if (cli.format() != Format::kText) return cli.print(diff_document(sides, changes));
    if (options.stat) return print_stat(cli, changes);
    if (!options.name_only) return print_tree(cli, sides, changes);
    for (const json::Change& change : changes) cli.out() << printable(change.path) << '\n';
}

int diff(Cli& cli, const DiffOptions& options) {
    const bool is_range =
        options.a.find("..") != std::string::npos && options.a.find('@') != std::string::npos;
    if (options.b.empty() && !is_range)
        return cli.refuse_usage("one side is missing",
                                "Try `skein diff RESOURCE@A..B`, or `skein diff A B`.");
    if (!options.b.empty() && is_range)
        return cli.refuse_usage("a range and a second side are given",
                                "Try `skein diff RESOURCE@A..B`, or `skein diff A B`.");
    Store& store = cli.open(OpenMode::kMustExist);
    const auto sides = read_sides(store, options);
    if (!sides) return cli.refuse(sides.error());
    const json::Value before = compared(sides->from, options);
    const json::Value after = compared(sides->to, options);
    cli.page();
    if (options.format == "merge-patch") {
        if (json::merge_patch_is_lossy(before, after))
            cli.err() << "note: a merge patch cannot set null, and here something becomes null; "
                         "--format json-patch says it all.\n";
        cli.print(json::make_merge_patch(before, after));
    } else {
        print_diff(cli, *sides, options, json::diff(before, after));
    }
    return options.exit_code && !(before == after) ? kNegative : kOk;
}

}  // namespace

void add_diff(CliCommand app, Cli& cli, const SetAction& set) {
    auto options = std::make_shared<DiffOptions>();
    CliCommand sub = app.add_subcommand("diff", "What differs between two points, or two streams");
    sub.add_option("a", options->a, "RESOURCE[@POINT], or RESOURCE@A..B").required();
    sub.add_option("b", options->b, "RESOURCE[@POINT], or @POINT of the same resource");
    sub.add_option("--format", options->format, "How to say it")
        .one_of({"tree", "json-patch", "merge-patch"})
        .with_default();
    sub.add_flag("--stat", options->stat, "How much differs");
    sub.add_flag("--name-only", options->name_only, "The paths alone");
    sub.add_flag("--full", options->full, "Compare whole documents, not values alone");
    sub.add_flag("--exit-code", options->exit_code, "Exit 1 where something differs");
    sub.footer(
        "Examples:\n  skein diff run/r1@3..head\n  skein diff run/r1 run/r2 --format json-patch");
    sub.callback([&cli, options, set] { set([&cli, options] { return diff(cli, *options); }); });
}

}  // namespace skein::cli
