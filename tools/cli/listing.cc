#include "tools/cli/listing.h"

#include <fmt/format.h>

#include <algorithm>

#include "engine/json/parse.h"
#include "engine/json/writer.h"
#include "tools/cli/shapes.h"
#include "tools/cli/text_output.h"

namespace skein::cli {

namespace {

constexpr std::size_t kPage = 1000;

std::string list_name_of(const domain::Kind& kind) { return std::string(kind.name) + "s"; }

const domain::Kind* kind_listed_as(const std::string& what, const domain::Registry& registry) {
    for (const domain::Kind& kind : registry.kinds()) {
        if (list_name_of(kind) == what) return &kind;
    }
    return nullptr;
}

void add_stored(Store& store, const std::string& kind, const ListChoice& choice,
                std::vector<Listed>& items) {
    projections::ListRequest request;
    request.kind = kind;
    request.limit = kPage;
    if (!choice.swarm.empty()) request.scope = Scope("swarm/" + choice.swarm);
    while (true) {
        const auto page = store.views().list(request);
        for (const projections::ListItem& item : page)
            items.push_back({item.stream, json::Value::from_canonical(item.fields)});
        if (page.size() < kPage) return;
        request.after = page.back().stream;
    }
}

std::vector<Listed> stored(Store& store, const std::string& kind, const ListChoice& choice) {
    std::vector<Listed> items;
    add_stored(store, kind, choice, items);
    return items;
}

std::vector<Listed> agents(Store& store, const ListChoice& choice) {
    std::vector<Listed> items;
    for (const Listed& swarm : stored(store, "swarm", choice)) {
        const auto state = store.states(ReadFrom::kView).document_latest(swarm.stream);
        const auto members = state->document(state->mark().recorded_at).find("agents");
        if (!members) continue;
        members->for_each_member([&](std::string_view agent, const json::Value& details) {
            json::ObjectWriter item;
            item.member_text("agent", agent);
            item.member_text("resource", swarm.stream.str());
            item.member("role", details.find("role").value_or(json::Value()));
            items.push_back({swarm.stream, item.value()});
        });
    }
    return items;
}

std::vector<Listed> branches(Store& store, const ListChoice& choice) {
    std::vector<Listed> items;
    for (Listed& run : stored(store, "run", choice)) {
        const auto origin = run.fields.find("forked_from");
        if (origin && !origin->is_null()) items.push_back(std::move(run));
    }
    return items;
}

std::vector<Listed> tags(Store& store, const ListChoice& choice) {
    std::vector<Listed> items;
    for (const Listed& run : stored(store, "run", choice)) {
        const auto state = store.states(ReadFrom::kView).latest(run.stream);
        const auto names = state->document(state->mark().recorded_at).find("tags");
        if (!names) continue;
        names->for_each_member([&](std::string_view name, const json::Value& version) {
            json::ObjectWriter item;
            item.member_text("name", name);
            item.member_text("resource", run.stream.str());
            item.member("version", version);
            items.push_back({run.stream, item.value()});
        });
    }
    return items;
}

// A link to a run, as a field gives it.
std::optional<std::string> link_of(const json::Value& value) {
    if (!value.is_object()) return std::nullopt;
    const auto run = value.find("run");
    const auto version = value.find("version");
    if (!run || !version) return std::nullopt;
    return fmt::format("{}@{}", plain(*run), version->text());
}

std::optional<std::string> csv_cell_of(const json::Value& item, const std::string& column) {
    const auto value = item.find(column);
    if (!value || value->is_null()) return std::nullopt;
    auto link = link_of(*value);
    return link ? link : plain(*value);
}

Rows rows_of(const List& list) {
    Rows rows{list.columns, {}};
    for (const json::Value& item : list.items) {
        auto& row = rows.rows.emplace_back();
        for (const std::string& column : list.columns) row.push_back(csv_cell_of(item, column));
    }
    return rows;
}

Table table_of(const List& list) {
    Table table;
    for (std::string title : list.columns) {
        std::transform(title.begin(), title.end(), title.begin(), [](char c) {
            return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
        });
        table.head.push_back(std::move(title));
    }
    for (const json::Value& item : list.items) {
        auto& row = table.rows.emplace_back();
        for (const std::string& column : list.columns) {
            const bool is_last = column == list.columns.back();  // the one with room
            row.push_back(cell_of(item, column, is_last ? kShortWidth : kShortWidth / 2));
        }
    }
    return table;
}

std::vector<Listed> views(Store& store) {
    std::vector<Listed> items;
    for (const projections::ViewStatus& status : store.views().status())
        items.push_back({Stream(), view_item(status)});
    return items;
}

}  // namespace

json::Value view_item(const projections::ViewStatus& status) {
    json::ObjectWriter item;
    item.member_number("bytes", status.bytes);
    item.member_text("generation", status.generation);
    item.member_number("lag", status.lag);
    item.member_boolean("live", status.live);
    item.member_number("position", status.position.value());
    item.member_number("rows", status.rows);
    item.member_number("shard", status.shard.value());
    item.member_text("view", status.view);
    return item.value();
}

std::vector<std::string> list_names(const domain::Registry& registry) {
    std::vector<std::string> names{"swarms", "runs", "agents", "branches", "tags", "views"};
    for (const domain::Kind& kind : registry.kinds()) {
        std::string name = list_name_of(kind);
        if (std::find(names.begin(), names.end(), name) == names.end())
            names.push_back(std::move(name));
    }
    return names;
}

std::vector<std::string> columns_of(const std::string& what, const domain::Registry& registry) {
    if (what == "swarms") return {"resource", "status", "runs", "version", "updated_at", "goal"};
    if (what == "agents") return {"resource", "agent", "role"};
    if (what == "tags") return {"resource", "name", "version"};
    if (what == "views")
        return {"view", "generation", "live", "shard", "position", "lag", "rows", "bytes"};
    if (what == "runs" || what == "branches")
        return {"resource", "status", "step", "version", "updated_at", "parent", "forked_from"};
    std::vector<std::string> columns{"resource", "version"};
    if (const domain::Kind* kind = kind_listed_as(what, registry))
        columns.insert(columns.end(), kind->list_members.begin(), kind->list_members.end());
    return columns;
}

std::vector<Listed> list_items(Store& store, const ListChoice& choice) {
    store.views().catch_up();
    if (choice.what == "agents") return agents(store, choice);
    if (choice.what == "branches") return branches(store, choice);
    if (choice.what == "tags") return tags(store, choice);
    if (choice.what == "views") return views(store);
    const domain::Kind* kind = kind_listed_as(choice.what, store.registry());
    return stored(store, kind == nullptr ? "swarm" : std::string(kind->name), choice);
}

std::string cell_of(const json::Value& item, const std::string& column, std::size_t width) {
    const json::Value value = item.find(column).value_or(json::Value());
    const auto link = link_of(value);
    return link ? *link : shortened(plain(value), width);
}

void print_list(Cli& cli, const List& list) {
    switch (cli.format()) {
        case Format::kText: return print_table(cli.out(), table_of(list));
        case Format::kJson: return cli.print(list_document(list.items, list.next));
        case Format::kCsv: return print_csv(cli.out(), rows_of(list));
        case Format::kJsonLines:
            for (const json::Value& item : list.items) cli.print(item);
            return;
    }
}

}  // namespace skein::cli
