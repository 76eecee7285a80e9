#include <fmt/format.h>

#include "engine/domain/kind.h"
#include "engine/json/writer.h"
#include "tools/cli/commands.h"

namespace skein::cli {

namespace {

struct Explained {
    std::string_view name;
    std::string_view of_class;
    int exit = 0;
    int http = 0;
    std::string_view cause;
    std::string_view remedy;
};

// The rejections of the store's kinds, then the wrong calls of the command line.
std::vector<Explained> all_codes(const domain::Registry& registry) {
    std::vector<Explained> all;
    for (const domain::RejectionCode* code : registry.codes())
        all.push_back({code->name, domain::to_string(code->rejection_class),
                       domain::exit_code(*code), domain::http_status(*code), code->cause,
                       code->remedy});
    for (const UsageCode* code : kUsageCodes)
        all.push_back({code->name, "usage", kUsage, 400, code->cause, code->remedy});
    return all;
}

json::Value code_document(const Explained& code) {
    json::ObjectWriter out;
    out.member_text("cause", code.cause);
    out.member_text("class", code.of_class);
    out.member_text("code", code.name);
    out.member_number("exit", static_cast<std::uint64_t>(code.exit));
    out.member_number("http", static_cast<std::uint64_t>(code.http));
    out.member_text("remedy", code.remedy);
    return out.value();
}

int explain(Cli& cli, const std::string& name) {
    std::vector<Explained> chosen;
    std::vector<std::string_view> names;
    for (const Explained& code : all_codes(cli.registry())) {
        names.push_back(code.name);
        if (name.empty() || code.name == name) chosen.push_back(code);
    }
    if (chosen.empty()) {
        const std::string_view near = domain::nearest(name, names);
        cli.err() << "error: there is no code \"" << name << "\"\n"
                  << "next:  "
                  << (near.empty() ? std::string("`skein explain` lists them all.")
                                   : fmt::format("did you mean `skein explain {}`?", near))
                  << '\n';
        return kNotFound;
    }
    if (cli.format() != Format::kText) {
        std::vector<json::Value> documents;
        documents.reserve(chosen.size());
        for (const Explained& code : chosen) documents.push_back(code_document(code));
        json::ObjectWriter out;
        out.member("codes", json::Value::array(documents));
        out.member_text("schema", "skein.explain/1");
        cli.print(out.value());
        return kOk;
    }
    for (const Explained& code : chosen)
        cli.out() << fmt::format("{} ({}, exit {})\n  cause:  {}\n  remedy: {}\n", code.name,
                                 code.of_class, code.exit, code.cause, code.remedy);
    return kOk;
}

}  // namespace

void add_explain(CLI::App& app, Cli& cli, const SetAction& set) {
    auto name = std::make_shared<std::string>();
    CLI::App* sub = app.add_subcommand("explain", "What a code means, and what to do");
    sub->add_option("code", *name, "Code, like run-already-finished; none: all");
    sub->callback([&cli, name, set] { set([&cli, name] { return explain(cli, *name); }); });
}

}  // namespace skein::cli
