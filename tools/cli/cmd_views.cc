#include <fmt/format.h>

#include "engine/json/writer.h"
#include "tools/cli/commands.h"
#include "tools/cli/interrupt.h"
#include "tools/cli/listing.h"
#include "tools/cli/progress.h"
#include "tools/cli/shapes.h"
#include "tools/cli/text_output.h"

namespace skein::cli {

namespace {

int list_views(Cli& cli) {
    Store& store = cli.open(OpenMode::kMustExist);
    store.views().catch_up();
    List list{columns_of("views", cli.registry()), {}, {}};
    for (const projections::ViewStatus& status : store.views().status())
        list.items.push_back(view_item(status));
    print_list(cli, list);
    return kOk;
}

int rebuild_views(Cli& cli, bool keeps_both) {
    catch_interrupts();
    Store& store = cli.open(OpenMode::kMustExist);
    const auto after = keeps_both ? projections::Views::AfterRebuild::kKeepBoth
                                  : projections::Views::AfterRebuild::kSwitch;
    std::uint64_t events = 0;
    Progress progress(cli, "events", "Begin again; the views that were live still are.");
    const std::string generation =
        store.views().rebuild(after, [&](std::uint64_t done, std::uint64_t total) {
            events = std::max(events, done);
            progress.report("rebuilding", done, total);
        });
    progress.clear();
    if (!keeps_both) store.views().accept_lost_events();
    if (cli.format() == Format::kText) {
        cli.out() << generation << '\n';
    } else {
        json::ObjectWriter out;
        out.member_text("generation", generation);
        out.member_boolean("live", !keeps_both);
        out.member_text("schema", "skein.rebuild/1");
        cli.print(out.value());
    }
    cli.err() << fmt::format("rebuilt from {} events; {}\n", events,
                             keeps_both ? "the old one stays live" : "it is live now");
    return kOk;
}

int compare_views(Cli& cli, const std::string& a, const std::string& b) {
    Store& store = cli.open(OpenMode::kMustExist);
    const auto differences = store.views().compare(a, b);
    std::vector<json::Value> items;
    for (const auto& difference : differences) {
        std::vector<json::Value> paths;
        for (const std::string& path : difference.paths) paths.push_back(json::Value::string(path));
        json::ObjectWriter item;
        item.member("paths", json::Value::array(paths));
        item.member_text("resource", difference.stream.str());
        items.push_back(item.value());
        if (cli.format() != Format::kText) continue;
        cli.out() << difference.stream.str() << '\n';
        for (const std::string& path : difference.paths)
            cli.out() << "  " << printable(path) << '\n';
    }
    if (cli.format() != Format::kText) cli.print(list_document(items));
    cli.err() << fmt::format("{} streams differ\n", differences.size());
    return differences.empty() ? kOk : kNegative;
}

int drop_view(Cli& cli, const std::string& generation) {
    Store& store = cli.open(OpenMode::kMustExist);
    bool is_known = false;
    for (const projections::ViewStatus& status : store.views().status())
        is_known = is_known || status.generation == generation;
    if (!is_known)
        return cli.refuse_absent("there is no view generation " + generation,
                                 "`skein views ls` lists them.");
    store.views().drop(generation);
    cli.err() << "dropped " << generation << '\n';
    return kOk;
}

struct ViewsOptions {
    std::string a;
    std::string b;
    bool keeps_both = false;
};

}  // namespace

void add_views(CliCommand app, Cli& cli, const SetAction& set) {
    auto options = std::make_shared<ViewsOptions>();
    CliCommand views = app.add_subcommand("views", "The read side: list, rebuild, compare, drop");
    views.require_subcommand(1, 1);
    CliCommand ls = views.add_subcommand("ls", "Views, and how far behind the log they are");
    ls.callback([&cli, set] { set([&cli] { return list_views(cli); }); });
    CliCommand rebuild = views.add_subcommand("rebuild", "A new generation from the log");
    rebuild.add_flag("--keep", options->keeps_both, "Keep the old one live, to compare the two");
    rebuild.callback([&cli, options, set] {
        set([&cli, options] { return rebuild_views(cli, options->keeps_both); });
    });
    CliCommand compare = views.add_subcommand("compare", "What differs between two generations");
    compare.add_option("a", options->a, "Generation, as `views ls` names it").required();
    compare.add_option("b", options->b, "Another generation").required();
    compare.callback([&cli, options, set] {
        set([&cli, options] { return compare_views(cli, options->a, options->b); });
    });
    CliCommand drop = views.add_subcommand("drop", "Remove a generation; the log can remake it");
    drop.add_option("generation", options->a, "Generation, as `views ls` names it").required();
    drop.callback(
        [&cli, options, set] { set([&cli, options] { return drop_view(cli, options->a); }); });
}

}  // namespace skein::cli
