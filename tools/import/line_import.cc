#include "tools/import/line_import.h"

#include "tools/import/document.h"
#include "tools/import/line_reader.h"

namespace skein::import {
namespace {

bool is_blank(std::string_view line) {
    return line.find_first_not_of(" \t\r") == std::string_view::npos;
}

ParsedText object_in(const LineReader& lines, std::string_view line) {
    if (lines.too_long()) return {std::nullopt, "the line is too long"};
    ParsedText parsed = parse_record(line);
    if (parsed.value && !parsed.value->is_object())
        return {std::nullopt, "expected an object, found another value"};
    return parsed;
}

}  // namespace

Next each_line_object(const std::filesystem::path& file, ProblemSink& problems,
                      const LineVisitor& visitor) {
    LineReader lines(file);
    while (const auto line = lines.next()) {
        if (is_blank(*line) && !lines.too_long()) continue;
        const SourcePlace place{file.string(), lines.line(), lines.line()};
        const ParsedText parsed = object_in(lines, *line);
        const Next next = parsed.value
                              ? visitor.visit(*parsed.value, place)
                              : problems.report({place, parsed.reason + visitor.on_broken(*line)});
        if (next == Next::kStop) return next;
    }
    if (lines.ok()) return Next::kContinue;
    return problems.report({{file.string()}, "the file cannot be read"});
}

}  // namespace skein::import
