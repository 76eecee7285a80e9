// Lists: what `ls` can list, item by item, and what each item's stream is; and how lists are
// printed.
//
// Threads: one. Errors: Fault of the store. Source: interfaces section 8 (lists by kind).
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "tools/cli/cli.h"

namespace skein::cli {

struct Listed {
    Stream stream;
    json::Value fields;  // the contract's item
};

struct ListChoice {
    std::string what;   // one of list_names
    std::string swarm;  // empty: all
};

// The lists of the contract, and one for each further kind: "notes" of kind note.
std::vector<std::string> list_names(const domain::Registry& registry);
// In order of their resources.
std::vector<Listed> list_items(Store& store, const ListChoice& choice);
// The columns of the text form, in order.
std::vector<std::string> columns_of(const std::string& what, const domain::Registry& registry);

json::Value view_item(const projections::ViewStatus& status);

// An item's field on a line of a table; "run@version" where it is a link to one.
std::string cell_of(const json::Value& item, const std::string& column, std::size_t width);

struct List {
    std::vector<std::string> columns;  // of tables and CSV
    std::vector<json::Value> items;
    std::optional<std::string> next;  // the cursor of the next page
};
// The list document, its items a line each, CSV, or a table.
void print_list(Cli& cli, const List& list);

}  // namespace skein::cli
