#include "tools/cli/bundles.h"

#include <fmt/format.h>

#include <cerrno>
#include <cstdlib>
#include <system_error>

#include "tools/cli/interrupt.h"
#include "tools/cli/postgres_options.h"
#include "tools/cli/progress.h"
#include "tools/library/backup.h"
#include "tools/library/bundle.h"

namespace skein::cli {

namespace {

void print_content(Cli& cli, const BundleContent& content) {
    if (cli.format() != Format::kText) return cli.print(content.document());
    cli.out() << fmt::format("{} events of {} commands in {} shards, {} bytes, of store {}\n",
                             content.events(), content.commands, content.positions.size(),
                             content.bytes, content.store_id.str());
}

BundleProgress shown_by(Progress& progress) {
    return [&progress](std::string_view what, std::uint64_t done, std::uint64_t total) {
        progress.set_unit(what == "exporting" ? "events" : "bytes");
        progress.report(what, done, total);
    };
}

}  // namespace

int export_to_bundle(Cli& cli, const std::string& file) {
    catch_interrupts();
    Store& store = cli.open(OpenMode::kMustExist);
    Progress progress(cli, "events", "Begin again; no bundle was made.");
    const BundleContent content = export_bundle(store, file, shown_by(progress));
    progress.clear();
    print_content(cli, content);
    cli.err()
        << "it holds the secret that the store's receipts are keyed with: keep it as you keep "
           "the store\n";
    return kOk;
}

int import_from_bundle(Cli& cli, const std::string& file) {
    if (cli.pg.empty() && !is_vacant(cli.data))
        return cli.refuse_usage(fmt::format("{} is not empty, and is left as it is", cli.data),
                                "Name another directory: `skein --data NEW import bundle FILE`.");
    catch_interrupts();
    ImportBundleOptions options{file, cli.data, std::nullopt, cli.kinds()};
    if (!cli.pg.empty()) options.postgres = postgres_options(cli.pg);
    Progress progress(cli, "bytes", "Begin again; nothing was imported.");
    const BundleContent content = import_bundle(options, shown_by(progress));
    progress.clear();
    print_content(cli, content);
    cli.err()
        << "imported; it is the same store now, so write no more to the one that it was taken "
           "from\n";
    return kOk;
}

UnpackedBundle::UnpackedBundle(Cli& cli) {
    catch_interrupts();  // or the first Ctrl-C would leave the directory behind
    std::error_code none;
    std::filesystem::path base = std::filesystem::temp_directory_path(none);
    if (none) base = "/tmp";
    std::string name = (base / "skein-bundle-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) {
        const std::error_code why(errno, std::generic_category());
        throw Fault(code_of(why),
                    fmt::format("cannot make a directory in {}: {}", base.string(), why.message()),
                    "Name another one for temporary files with TMPDIR.");
    }
    directory_ = name;
    try {
        Progress progress(cli, "bytes", "Begin again.");
        import_bundle({cli.bundle, store(), std::nullopt, cli.kinds()}, shown_by(progress));
    } catch (...) {
        std::filesystem::remove_all(directory_, none);
        throw;
    }
}

UnpackedBundle::~UnpackedBundle() {
    std::error_code left;  // temporary files go by themselves, sooner or later
    std::filesystem::remove_all(directory_, left);
}

}  // namespace skein::cli
