#include "tools/import/document.h"

#include <fmt/format.h>

#include "engine/json/parse.h"

namespace skein::import {

ParsedText parse_record(std::string_view text) {
    auto parsed = json::parse(text);
    if (parsed) return {std::move(*parsed), {}};
    const json::ParseError& error = parsed.error();
    return {std::nullopt,
            fmt::format("{} (byte {} of the record)", error.message, error.offset + 1)};
}

Document::Document(const std::filesystem::path& file, ProblemSink& problems)
    : stream_(file), problems_(problems) {
    place_.file = file.string();
}

std::optional<json::Value> Document::take(std::uint64_t number) {
    const std::string_view text = stream_.text();
    place_.line = stream_.value_line();
    place_.record = number;
    if (!stream_.ok()) return std::nullopt;
    ParsedText parsed = parse_record(text);
    if (!parsed.value) report(parsed.reason);
    return std::move(parsed.value);
}

void Document::report(const std::string& reason) {
    if (stopped()) return;
    ++reported_;
    next_ = problems_.report({place_, reason});
}

void Document::miss(std::string_view member) {
    if (!stream_.ok()) return;  // end() says why
    place_.line = stream_.line();
    place_.record = 0;
    report(fmt::format("{} is missing, or no array", member));
}

Next Document::end() {
    if (stopped()) return next_;
    stream_.finish();
    if (stream_.ok()) return next_;
    place_.line = stream_.line();
    report(stream_.error());
    return next_;
}

}  // namespace skein::import
