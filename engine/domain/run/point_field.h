// A field of a command that names a point in history: text that begins with `@`.
//
// What follows the `@` is resolved when the command is decided (Scene::resolve).
// Threads: pure. Errors: problems go to Fields. Source: interfaces sections 1 and 9 (Hierarchy).
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "engine/domain/fields.h"

namespace skein::domain::run {

std::optional<std::string> read_point(Fields& data, std::string_view name, Presence presence);

}  // namespace skein::domain::run
