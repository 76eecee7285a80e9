#include <fmt/format.h>

#include <algorithm>

#include "engine/base/fault_codes.h"
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

// A fault belongs to the class that asks for the same reaction.
domain::RejectionClass class_of(FaultKind kind) {
    switch (kind) {
        case FaultKind::kUnavailable:
        case FaultKind::kOverloaded:
        case FaultKind::kCorruption: return domain::RejectionClass::kUnavailable;
        case FaultKind::kConfig: return domain::RejectionClass::kInvalid;
        case FaultKind::kMissing: return domain::RejectionClass::kNotFound;
    }
    return domain::RejectionClass::kUnavailable;
}

Explained explained(const FaultCode& code) {
    const domain::RejectionCode as_rejection{code.name, class_of(code.kind), {}, {}};
    return {code.name,     domain::to_string(as_rejection.rejection_class),
            exit_of(code), domain::http_status(as_rejection),
            code.cause,    code.remedy};
}

// The rejections of the store's kinds, the faults, then what the command line refuses. What
// is a rejection while the store runs may be a fault when it opens: that is one code.
std::vector<Explained> all_codes(const domain::Registry& registry) {
    std::vector<Explained> all;
    for (const domain::RejectionCode* code : registry.codes())
        all.push_back({code->name, domain::to_string(code->rejection_class),
                       domain::exit_code(*code), domain::http_status(*code), code->cause,
                       code->remedy});
    for (const FaultCode* code : fault_codes::kAll) {
        const bool is_known = std::any_of(all.begin(), all.end(), [code](const Explained& other) {
            return other.name == code->name;
        });
        if (!is_known) all.push_back(explained(*code));
    }
    for (const UsageCode* code : kUsageCodes)
        all.push_back({code->name, domain::to_string(domain::RejectionClass::kInvalid), code->exit,
                       422, code->cause, code->remedy});
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
        return cli.refuse_absent(fmt::format("there is no code \"{}\"", name),
                                 near.empty()
                                     ? std::string("`skein explain` lists them all.")
                                     : fmt::format("did you mean `skein explain {}`?", near));
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

void add_explain(CliCommand app, Cli& cli, const SetAction& set) {
    auto name = std::make_shared<std::string>();
    CliCommand sub = app.add_subcommand("explain", "What a code means, and what to do");
    sub.add_option("code", *name, "Code, like run-already-finished; none: all");
    sub.callback([&cli, name, set] { set([&cli, name] { return explain(cli, *name); }); });
}

}  // namespace skein::cli
