// JSON shapes that several commands print: points and lists.
//
// Threads: pure. Errors: none. Source: interfaces section 8.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "engine/domain/event.h"
#include "engine/json/value.h"

namespace skein::cli {

// POINT of an event.
json::Value point_of(const domain::EventMeta& meta);
// `skein.list/1`; `next` is the cursor of the next page.
json::Value list_document(const std::vector<json::Value>& items,
                          const std::optional<std::string>& next = std::nullopt);
// Null where the text is empty.
json::Value text_or_null(const std::string& text);

}  // namespace skein::cli
