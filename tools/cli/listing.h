// Lists: what `ls` can list, item by item, and what each item's stream is.
//
// Threads: one. Errors: Fault of the store. Source: interfaces section 8 (lists by kind).
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "tools/library/store.h"

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

}  // namespace skein::cli
