// What the line formats share: one JSON object a line, broken lines named and passed over.
//
// Threads: one. Errors: see importer.h.
#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <string_view>

#include "engine/json/value.h"
#include "tools/import/importer.h"

namespace skein::import {

// visit(object, place) says whether to go on; it may report problems itself. Blank lines are
// skipped. A broken line goes to `on_broken`, which gives what to add to the reason.
struct LineVisitor {
    std::function<Next(const json::Value&, const SourcePlace&)> visit;
    std::function<std::string(std::string_view)> on_broken = [](std::string_view) { return ""; };
};
Next each_line_object(const std::filesystem::path& file, ProblemSink& problems,
                      const LineVisitor& visitor);

}  // namespace skein::import
