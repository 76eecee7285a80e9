#include "engine/replay/blame.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "engine/domain/codes.h"
#include "engine/json/writer.h"
#include "tools/cli/commands.h"
#include "tools/cli/reading.h"
#include "tools/cli/shapes.h"
#include "tools/cli/text_output.h"

namespace skein::cli {

namespace {

struct BlameOptions {
    std::string address;
    std::string key;
    std::string area;
    std::size_t depth = 1'000'000;
};

struct Question {
    std::string key;
    replay::Point point;
};

// "KEY@P" as a key with a point, where P is one and RESOURCE has none.
std::optional<Question> pointed(const BlameOptions& options, const Located& located) {
    const std::size_t at = options.key.rfind('@');
    if (located.address.point || at == std::string::npos || at == 0) return std::nullopt;
    const auto point = replay::parse_point(options.key.substr(at));
    if (!point) return std::nullopt;
    return Question{options.key.substr(0, at), *point};
}

json::Value lost_of(const std::vector<domain::Touch::Lost>& losses, const replay::States& states) {
    std::vector<json::Value> items;
    for (const auto& lost : losses) {
        json::ObjectWriter item;
        item.member_text("stream", lost.stream.str());
        item.member("value", domain::stored_value(lost.value, states));
        item.member_number("version", lost.version.value());
        items.push_back(item.value());
    }
    return json::Value::array(items);
}

json::Value link_document(const replay::BlameLink& link, const replay::States& states) {
    json::ObjectWriter out;
    out.member("actor", text_or_null(link.event.actor));
    out.member("event", point_of(link.event));
    if (link.from) out.member_text("from", link.from->str());
    out.member_text("how", link.how);
    if (!link.lost.empty()) out.member("lost", lost_of(link.lost, states));
    out.member("reason", text_or_null(link.event.reason));
    if (!link.strategy.empty()) out.member_text("strategy", link.strategy);
    return out.value();
}

// `area`: what is said of the area that the key stands in.
void print_text(Cli& cli, const std::string& key, std::string_view area, const replay::Blame& blame,
                const replay::States& states) {
    cli.out() << printable(key) << " = "
              << (blame.value ? shortened(blame.value->text()) : "(absent)") << area << '\n';
    Table table;
    for (const replay::BlameLink& link : blame.chain) {
        std::string note = link.from ? "from " + link.from->str() : "";
        if (!link.strategy.empty()) note += " by " + link.strategy;
        for (const auto& lost : link.lost)
            note += fmt::format("; lost {} of {}@{}",
                                shortened(domain::stored_value(lost.value, states).text(), 40),
                                lost.stream.str(), lost.version.value());
        if (!link.event.reason.empty()) note += " (" + shortened(link.event.reason, 60) + ")";
        table.rows.push_back(
            {"  " + link.how,
             fmt::format("{}@{}", link.event.stream.str(), link.event.version.value()),
             format_time(link.event.recorded_at),
             link.event.actor.empty() ? "-" : printable(link.event.actor), note});
    }
    print_table(cli.out(), table);
}

std::vector<std::string_view> key_areas(const Store& store, const Stream& stream) {
    return store.codec().registry().make_state(stream)->key_areas();
}

std::optional<domain::Rejection> check_area(const Store& store, const Stream& stream,
                                            const std::string& area) {
    const auto areas = key_areas(store, stream);
    if (area.empty() || std::find(areas.begin(), areas.end(), area) != areas.end())
        return std::nullopt;
    return domain::reject(domain::codes::kInvalidField,
                          fmt::format("{} has no area \"{}\"; it has: {}", stream.str(), area,
                                      fmt::join(areas, ", ")));
}

struct Answer {
    Question question;
    Version version;
    replay::Blame blame;
};

Result<Answer, domain::Rejection> answer_to(Store& store, const Stream& stream,
                                            const BlameOptions& options, Question question) {
    const auto version = store.resolve(stream, question.point, replay::ClockKind::kRecorded);
    if (!version) return fail(version.error());
    replay::Blame blame = replay::blame(
        store.log(), store.codec(), store.states(ReadFrom::kLog),
        {stream, *version, {options.area, question.key}, options.depth, store.clock().now()});
    return Answer{std::move(question), *version, std::move(blame)};
}

// A key may hold "@" itself: one of the name as it stands goes before one at a point.
Result<Answer, domain::Rejection> ask(Store& store, const BlameOptions& options,
                                      const Located& located) {
    const Stream& stream = located.resource.stream;
    auto whole = answer_to(store, stream, options, {options.key, located.point()});
    const std::optional<Question> at_point = pointed(options, located);
    if (!at_point || !whole || !whole->blame.chain.empty()) return whole;
    return answer_to(store, stream, options, *at_point);
}

int blame_key(Cli& cli, const BlameOptions& options) {
    Store& store = cli.open(OpenMode::kMustExist);
    const auto located = locate(store, options.address);
    if (!located) return cli.refuse(located.error());
    const Stream& stream = located->resource.stream;
    if (auto no = check_area(store, stream, options.area)) return cli.refuse(*no);
    const auto answer = ask(store, options, *located);
    if (!answer) return cli.refuse(answer.error());
    const auto& [question, version, blame] = *answer;
    const replay::States& states = store.states(ReadFrom::kLog);
    if (cli.format() == Format::kText) {
        const bool is_usual = blame.area == key_areas(store, stream).front();
        print_text(cli, question.key, is_usual ? "" : fmt::format(" in {}", blame.area), blame,
                   states);
    } else {
        std::vector<json::Value> chain;
        for (const replay::BlameLink& link : blame.chain)
            chain.push_back(link_document(link, states));
        json::ObjectWriter out;
        if (!blame.area.empty()) out.member_text("area", blame.area);
        out.member("chain", json::Value::array(chain));
        out.member_text("key", question.key);
        out.member_text("schema", "skein.blame/1");
        out.member("value", blame.value.value_or(json::Value()));
        cli.print(out.value());
    }
    if (!blame.chain.empty()) return kOk;
    cli.err() << fmt::format("error: no event up to {}@{} ever touched \"{}\"\n", stream.str(),
                             version.value(), printable(question.key))
              << fmt::format("next:  `skein show {} --values` shows the keys.\n", stream.str());
    return kNegative;
}

}  // namespace

void add_blame(CliCommand app, Cli& cli, const SetAction& set) {
    auto options = std::make_shared<BlameOptions>();
    CliCommand sub =
        app.add_subcommand("blame", "Who set a key, and through what it came: merge, fork, export");
    sub.add_option("resource", options->address, "RESOURCE[@POINT]").required();
    sub.add_option("key", options->key, "KEY[@POINT] of a variable, result or board item")
        .required();
    sub.add_option("--area", options->area, "variables or intermediate, where both have the key");
    sub.add_option("--depth", options->depth, "At most so many links of the chain").positive();
    sub.footer("Examples:\n  skein blame run/r1 budget\n  skein blame run/r1 budget@12 --depth 1");
    sub.callback(
        [&cli, options, set] { set([&cli, options] { return blame_key(cli, *options); }); });
}

}  // namespace skein::cli
