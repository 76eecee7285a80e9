// What the line formats share: one JSON object a line, broken lines named and passed over.
//
// Threads: one. Errors: see importer.h.
#pragma once

#include <filesystem>
#include <functional>

#include "engine/json/value.h"
#include "tools/import/importer.h"

namespace skein::import {

// visit(object, place) says whether to go on; it may report problems itself. Blank lines are
// skipped.
using LineVisitor = std::function<Next(const json::Value&, const SourcePlace&)>;
Next each_line_object(const std::filesystem::path& file, ProblemSink& problems,
                      const LineVisitor& visit);

}  // namespace skein::import
