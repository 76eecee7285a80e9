#include <fmt/format.h>

#include "tools/cli/commands.h"
#include "tools/cli/interrupt.h"
#include "tools/cli/progress.h"
#include "tools/library/backup.h"

namespace skein::cli {

namespace {

void print_content(Cli& cli, const BackupContent& content) {
    if (cli.format() != Format::kText) return cli.print(content.document());
    cli.out() << fmt::format("{} events in {} shards, {} bytes, of store {}\n", content.events(),
                             content.positions.size(), content.bytes, content.store_id.str());
}

BackupProgress shown_by(Progress& progress) {
    return [&progress](std::string_view what, std::uint64_t done, std::uint64_t total) {
        progress.set_unit(what == "copying" ? "bytes" : "events");
        progress.report(what, done, total);
    };
}

int refuse_postgres(Cli& cli) {
    return cli.refuse_usage("skein backup copies embedded stores; this one is in Postgres",
                            "Use pg_dump or pg_basebackup; views are made anew from the log.");
}

int create(Cli& cli, const std::string& directory) {
    if (!cli.pg.empty()) return refuse_postgres(cli);
    if (!is_vacant(directory))
        return cli.refuse_usage(fmt::format("{} is not empty", directory),
                                "Name an empty directory, or one that does not exist.");
    catch_interrupts();
    Store& store = cli.open(OpenMode::kMustExist);
    Progress progress(cli, "bytes", "Begin again; what was begun is removed then.");
    const BackupContent content = create_backup(store, directory, shown_by(progress));
    progress.clear();
    print_content(cli, content);
    cli.err() << "backed up and verified; views are not in it, since they are made from the log\n";
    return kOk;
}

int restore(Cli& cli, const std::string& directory) {
    if (!cli.pg.empty()) return refuse_postgres(cli);
    if (!is_vacant(cli.data))
        return cli.refuse_usage(fmt::format("{} is not empty, and is left as it is", cli.data),
                                "Name another directory: `skein --data NEW backup restore DIR`.");
    catch_interrupts();
    Progress progress(cli, "bytes", "Begin again; what was begun is removed then.");
    const BackupContent content =
        restore_backup({directory, cli.data, cli.kinds()}, shown_by(progress));
    progress.clear();
    print_content(cli, content);
    cli.err() << fmt::format("restored to {} and verified; its views are made when first read\n",
                             cli.data);
    return kOk;
}

}  // namespace

void add_backup(CliCommand app, Cli& cli, const SetAction& set) {
    auto directory = std::make_shared<std::string>();
    CliCommand backup = app.add_subcommand("backup", "Copies of the store: create, restore");
    backup.require_subcommand(1, 1);
    CliCommand made = backup.add_subcommand("create", "Copy the log of the store, verified");
    made.add_option("directory", *directory, "New or empty directory to hold the backup")
        .required();
    made.footer(
        "Holds every event up to that moment, with snapshots and receipts; views are not in it, "
        "since\nthey are made from the log.\nExample:\n  skein backup create backups/monday");
    made.callback(
        [&cli, directory, set] { set([&cli, directory] { return create(cli, *directory); }); });
    CliCommand again =
        backup.add_subcommand("restore", "Make the store of --data from a backup, verified");
    again.add_option("directory", *directory, "Directory that `backup create` made").required();
    again.footer(
        "--data has to be new or empty. Exit 6 where a file of the backup is missing or was "
        "changed.\nExample:\n  skein --data restored backup restore backups/monday");
    again.callback(
        [&cli, directory, set] { set([&cli, directory] { return restore(cli, *directory); }); });
}

}  // namespace skein::cli
