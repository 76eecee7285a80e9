#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <vector>

#include "engine/base/hash.h"
#include "tools/cli/commands.h"
#include "tools/cli/conditions.h"
#include "tools/cli/listing.h"
#include "tools/cli/suggestion.h"
#include "tools/cli/text_output.h"

namespace skein::cli {

namespace {

struct LsOptions {
    ListChoice choice{"swarms", ""};
    std::string where;
    std::string sort;
    std::string cursor;
    std::size_t limit = 0;  // 0: all
    bool tree = false;
};

// What a condition is asked of an item: its fields, then what its state says: values by their
// names (`variables.budget`), then all the rest.
std::vector<std::function<json::Value()>> facts_of(Store& store, const Listed& item) {
    std::vector<std::function<json::Value()>> documents{[&item] { return item.fields; }};
    if (item.stream.empty()) return documents;
    const auto latest = [&store, &item] {
        return store.states(ReadFrom::kView).latest(item.stream);
    };
    documents.emplace_back([latest] {
        const auto state = latest();
        return state->values(state->mark().recorded_at);
    });
    documents.emplace_back([latest] {
        const auto state = latest();
        return state->document(state->mark().recorded_at);
    });
    return documents;
}

void keep_where(Store& store, const replay::Condition& condition, std::vector<Listed>& items) {
    std::vector<Listed> kept;
    for (Listed& item : items) {
        if (condition.holds(facts_of(store, item))) kept.push_back(std::move(item));
    }
    items = std::move(kept);
}

bool is_less(const json::Value& a, const json::Value& b) {
    if (const auto x = a.as_number(), y = b.as_number(); x && y) return *x < *y;
    if (const auto x = a.as_string(), y = b.as_string(); x && y) return *x < *y;
    return a.text() < b.text();
}

void sort_by(const std::string& order, std::vector<Listed>& items) {
    const bool descends = order.starts_with('-');
    const std::string field = descends ? order.substr(1) : order;
    std::stable_sort(items.begin(), items.end(), [&](const Listed& a, const Listed& b) {
        const json::Value x = a.fields.find(field).value_or(json::Value());
        const json::Value y = b.fields.find(field).value_or(json::Value());
        return descends ? is_less(y, x) : is_less(x, y);
    });
}

// What is wrong with an order; empty: nothing. Where nothing is listed no field is known.
std::string unknown_field(const std::string& order, const std::vector<Listed>& items) {
    const std::string field = order.starts_with('-') ? order.substr(1) : order;
    if (items.empty() || items.front().fields.find(field)) return {};
    const auto members = items.front().fields.members();
    std::vector<std::string> names;
    names.reserve(members.size());
    for (const auto& [name, value] : members) names.push_back(name);
    return fmt::format("items have no field \"{}\"{}", printable(field), suggestion(field, names));
}

// A cursor is the number of items before it and the resource it stands behind, to notice changes.
std::string cursor_after(std::size_t count, const Listed& last) {
    return fmt::format("{}-{:016x}", count, xxh3_64(last.fields.text()));
}

// How many items stand before the cursor; nullopt where it does not fit this list.
std::optional<std::size_t> skip_of(const std::string& cursor, const std::vector<Listed>& items) {
    std::size_t count = 0;
    const std::size_t end = cursor.find('-');
    if (end == std::string::npos || end == 0 || end > 9) return std::nullopt;
    for (const char c : cursor.substr(0, end)) {
        if (c < '0' || c > '9') return std::nullopt;
        count = count * 10 + static_cast<std::size_t>(c - '0');
    }
    if (count == 0 || count > items.size()) return std::nullopt;
    if (cursor_after(count, items[count - 1]) != cursor) return std::nullopt;
    return count;
}

// Runs under their parent or the run that they were forked from, swarm by swarm.
class Tree {
 public:
    explicit Tree(const std::vector<Listed>& runs) {
        for (const Listed& run : runs) {
            const std::string swarm = run.stream.str().substr(0, run.stream.str().find("/run/"));
            std::string above;
            for (const char* name : {"parent", "forked_from"}) {
                const auto link = run.fields.find(name);
                if (above.empty() && link && link->is_object())
                    above = swarm + "/run/" + plain(*link->find("run"));
            }
            children_[above.empty() ? swarm : above].push_back(&run);
            if (above.empty() && (roots_.empty() || roots_.back() != swarm))
                roots_.push_back(swarm);
        }
    }

    void print(std::ostream& out) {
        for (const std::string& root : roots_) {
            table_.rows.push_back({root});
            add_below(root, "");
        }
        print_table(out, table_);
    }

 private:
    void add_below(const std::string& above, const std::string& indent) {
        const std::vector<const Listed*> below = children_[above];
        for (std::size_t i = 0; i < below.size(); ++i) {
            const bool is_last = i + 1 == below.size();
            const std::string name = below[i]->stream.str();
            table_.rows.push_back(
                {indent + (is_last ? "`-- " : "|-- ") + name.substr(name.rfind('/') + 1),
                 cell_of(below[i]->fields, "status", kShortWidth / 2),
                 "@" + cell_of(below[i]->fields, "version", kShortWidth / 2), link_of(*below[i])});
            add_below(name, indent + (is_last ? "    " : "|   "));
        }
    }

    static std::string link_of(const Listed& run) {
        if (const auto link = run.fields.find("forked_from"); link && link->is_object())
            return "forked from " + cell_of(run.fields, "forked_from", kShortWidth / 2);
        if (const auto link = run.fields.find("parent"); link && link->is_object())
            return "child of " + cell_of(run.fields, "parent", kShortWidth / 2);
        return "";
    }

    std::map<std::string, std::vector<const Listed*>> children_;
    std::vector<std::string> roots_;
    Table table_;
};

void print_chosen(Cli& cli, const LsOptions& options, const std::vector<Listed>& items,
                  std::optional<std::string> next) {
    if (options.tree && cli.format() == Format::kText) {
        Tree(items).print(cli.out());
    } else {
        List list{columns_of(options.choice.what, cli.registry()), {}, next};
        for (const Listed& item : items) list.items.push_back(item.fields);
        print_list(cli, list);
    }
    if (next && cli.format() != Format::kJson)
        cli.err() << "next:  --cursor " << *next << " shows more.\n";
}

// Nothing, or the exit code where --swarm names none that there is, which is said then.
std::optional<int> refuse_unknown_swarm(Cli& cli, Store& store, const std::string& swarm) {
    std::vector<std::string> names;
    for (const Listed& item : list_items(store, {"swarms", ""})) {
        names.push_back(item.stream.str().substr(std::string_view("swarm/").size()));
        if (names.back() == swarm) return std::nullopt;
    }
    return cli.refuse_absent(
        fmt::format("there is no swarm \"{}\"{}", swarm, suggestion(swarm, names)),
        "`skein ls swarms` lists them.");
}

int list(Cli& cli, LsOptions options) {
    if (options.tree && options.choice.what == "swarms") options.choice.what = "runs";
    if (options.tree && options.choice.what != "runs")
        return cli.refuse_usage("--tree shows runs", "Try `skein ls runs --tree`.");
    std::shared_ptr<const replay::Condition> condition;
    if (!options.where.empty()) {
        auto parsed = replay::parse_condition(options.where);
        if (!parsed) return cli.refuse(parsed.error());
        condition = *parsed;
    }
    Store& store = cli.open(OpenMode::kMustExist);
    if (!options.choice.swarm.empty()) {
        if (const auto refused = refuse_unknown_swarm(cli, store, options.choice.swarm))
            return *refused;
    }
    std::vector<Listed> items = list_items(store, options.choice);
    const std::size_t count = items.size();
    if (condition && !items.empty()) {
        // Every item of a list has the same fields, null where there is nothing.
        const auto known = facts_of(store, items.front());
        if (const std::string wrong = unknown_name(*condition, known); !wrong.empty())
            return cli.refuse_usage(
                "items have " + wrong,
                "`skein ls --json` shows the fields of an item, `skein show RESOURCE --json` "
                "those of its state.");
        keep_where(store, *condition, items);
    }
    if (!options.sort.empty()) {
        if (const std::string wrong = unknown_field(options.sort, items); !wrong.empty())
            return cli.refuse_usage(wrong, "`skein ls --json` shows the fields of an item.");
        sort_by(options.sort, items);
    }
    std::size_t done = 0;
    if (!options.cursor.empty()) {
        const auto skip = skip_of(options.cursor, items);
        if (!skip)
            return cli.refuse_usage("the cursor does not fit this list any more",
                                    "Leave --cursor out to begin again.");
        done = *skip;
        items.erase(items.begin(), items.begin() + static_cast<std::ptrdiff_t>(done));
    }
    std::optional<std::string> next;
    if (options.limit > 0 && items.size() > options.limit) {
        items.resize(options.limit);
        next = cursor_after(done + options.limit, items.back());
    }
    print_chosen(cli, options, items, next);
    if (!condition || !items.empty()) return kOk;
    cli.err() << fmt::format("error: the condition holds for none of {} {}\n", count,
                             options.choice.what)
              << "next:  `skein ls --json` without --where shows what they hold.\n";
    return kNegative;
}

}  // namespace

void add_ls(CliCommand app, Cli& cli, const SetAction& set) {
    auto options = std::make_shared<LsOptions>();
    CliCommand sub = app.add_subcommand("ls", "List swarms, runs, agents, branches, tags or views");
    sub.add_option("what", options->choice.what, "What to list")
        .one_of(list_names(cli.registry()))
        .with_default();
    sub.add_option("--swarm", options->choice.swarm, "Of this swarm alone");
    sub.add_option("--where", options->where, "Only those for which the condition holds");
    sub.add_option("--sort", options->sort, "Order by this field; -FIELD descends");
    sub.add_option("--limit", options->limit, "At most so many").positive();
    sub.add_option("--cursor", options->cursor, "Go on where a list with --limit ended");
    sub.add_flag("--tree", options->tree, "Runs as a tree of parents, children and forks");
    sub.footer(
        "Examples:\n  skein ls runs --where 'status = running and variables.budget < 100'\n"
        "  skein ls runs --where '\"/variables/unit price\" > 3'\n"
        "  skein ls runs --tree\n"
        "A path in a condition is names joined by dots, or a JSON Pointer; in double quotes it "
        "may\n"
        "hold blanks, = and parentheses.");
    sub.callback([&cli, options, set] { set([&cli, options] { return list(cli, *options); }); });
}

}  // namespace skein::cli
