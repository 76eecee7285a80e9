#include <fmt/format.h>

#include "engine/json/writer.h"
#include "tools/cli/commands.h"
#include "tools/cli/dead_letters.h"
#include "tools/cli/listing.h"

namespace skein::cli {

namespace {

json::Value parked_item(const projections::Views::Parked& parked) {
    json::ObjectWriter item;
    item.member_text("code", parked.code);
    item.member_number("id", parked.id);
    item.member_text("message", parked.message);
    item.member_number("position", parked.position.value());
    item.member_text("stream", parked.stream.str());
    item.member_number("version", parked.version.value());
    item.member_text("view", "state");
    return item.value();
}

int list_parked(Cli& cli) {
    Store& store = cli.open(OpenMode::kMustExist);
    store.views().catch_up();
    List list{{"id", "view", "stream", "version", "position", "code", "message"}, {}, {}};
    for (const auto& parked : store.views().parked()) list.items.push_back(parked_item(parked));
    if (list.items.empty() && cli.format() == Format::kText) {
        cli.err() << "nothing is parked\n";
    } else {
        print_list(cli, list);
    }
    return kOk;
}

bool is_parked(Store& store, std::uint64_t id) {
    for (const auto& parked : store.views().parked()) {
        if (parked.id == id) return true;
    }
    return false;
}

int refuse_unknown(Cli& cli, std::uint64_t id) {
    return cli.refuse_absent(fmt::format("no parked event has the id {}", id),
                             "`skein parked ls` lists them.");
}

int replay_parked(Cli& cli, std::uint64_t id) {
    Store& store = cli.open(OpenMode::kMustExist);
    store.views().catch_up();
    if (!is_parked(store, id)) return refuse_unknown(cli, id);
    if (store.views().replay_parked(id)) {
        cli.err() << "its stream is in the views again\n";
        return kOk;
    }
    cli.err() << fmt::format("error: event {} fails as before\n", id)
              << "next:  `skein parked ls` says why; `skein parked drop` takes it off the list.\n";
    return kNegative;
}

int drop_parked(Cli& cli, std::uint64_t id) {
    Store& store = cli.open(OpenMode::kMustExist);
    store.views().catch_up();
    if (!store.views().drop_parked(id)) return refuse_unknown(cli, id);
    cli.err() << "dropped from the list; the log keeps the event\n";
    return kOk;
}

struct LetterOptions {
    std::size_t limit = 100;
    std::vector<std::string> ids;
    bool is_all = false;
};

void add_letters(CliCommand parked, Cli& cli, const SetAction& set) {
    auto options = std::make_shared<LetterOptions>();
    CliCommand letters =
        parked.add_subcommand("letters", "Records of the commands topic that were no commands");
    letters.add_option("--limit", options->limit, "At most so many, the newest of each partition")
        .with_default();
    letters.footer(
        "They stand in the dead-letter topic of --kafka, as they came and with the reason.\n"
        "Example:\n  skein --kafka localhost:9092 parked letters");
    letters.callback([&cli, options, set] {
        set([&cli, options] { return list_letters(cli, options->limit); });
    });
    CliCommand resend =
        parked.add_subcommand("resend", "Send dead letters to the commands topic again");
    resend.add_option("id", options->ids, "Ids, as `parked letters` prints them");
    resend.add_flag("--all", options->is_all, "All that stand in the topic");
    resend.footer(
        "Nothing is marked in the dead-letter topic. What was sent again carries the header "
        "skein_resent_from\n(topic/partition/offset of the dead letter), and is told under the "
        "place "
        "that is printed here; where it\ndies once more, `parked letters` shows what it was resent "
        "from. A command with a command_id is accepted\nonce, however often it is sent.\n"
        "Example:\n  skein --kafka localhost:9092 parked resend 3/17");
    resend.callback([&cli, options, set] {
        set([&cli, options] {
            if (options->ids.empty() != options->is_all)
                return cli.refuse_usage("skein parked resend needs ids, or --all",
                                        "`skein parked letters` lists them.");
            return resend_letters(cli, options->ids);
        });
    });
}

}  // namespace

void add_parked(CliCommand app, Cli& cli, const SetAction& set) {
    auto id = std::make_shared<std::uint64_t>(0);
    CliCommand parked = app.add_subcommand(
        "parked", "What could not be taken: events by a view, records as commands");
    parked.require_subcommand(1, 1);
    CliCommand ls = parked.add_subcommand("ls", "Parked events, and why");
    ls.callback([&cli, set] { set([&cli] { return list_parked(cli); }); });
    CliCommand again = parked.add_subcommand("replay", "Try an event's stream again");
    again.add_option("id", *id, "Number, as `parked ls` prints it").required();
    again.callback([&cli, id, set] { set([&cli, id] { return replay_parked(cli, *id); }); });
    CliCommand drop = parked.add_subcommand("drop", "Take an event off the list");
    drop.add_option("id", *id, "Number, as `parked ls` prints it").required();
    drop.callback([&cli, id, set] { set([&cli, id] { return drop_parked(cli, *id); }); });
    add_letters(parked, cli, set);
}

}  // namespace skein::cli
