#include "tools/import/importer.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "tools/import/file_shape.h"
#include "tools/import/formats.h"

namespace skein::import {
namespace {

using std::filesystem::path;

std::array<const Importer*, 7> importers() {
    return {&editing_traces_importer(), &inspect_importer(),   &jsonl_importer(),
            &swe_agent_importer(),      &tau_bench_importer(), &temporal_importer(),
            &who_and_when_importer()};
}

Problem problem_of(const path& file, const std::error_code& error) {
    return {{file.string()}, error.message()};
}

Problem absent(const path& place, std::string reason) {
    return {{place.string()}, std::move(reason), ProblemKind::kAbsent};
}

Next import_one(const Importer& importer, const path& file, Sinks sinks) {
    if (const auto refusal = refusal_of(importer, file)) return sinks.problems.report(*refusal);
    return importer.import_file(file, sinks);
}

// The files to take, in order; `error` is set where a folder cannot be read.
std::vector<path> files_in(const path& folder, const Importer& importer, std::error_code& error) {
    std::vector<path> files;
    std::filesystem::recursive_directory_iterator walk(folder, error);
    for (; !error && walk != std::filesystem::recursive_directory_iterator();
         walk.increment(error)) {
        if (walk->is_regular_file(error) && importer.takes(walk->path()))
            files.push_back(walk->path());
    }
    std::sort(files.begin(), files.end());
    return files;
}

}  // namespace

std::string to_string(const SourcePlace& place) {
    std::string text = place.file;
    if (place.line > 0) text += fmt::format(":{}", place.line);
    if (place.record > 0) text += fmt::format(": record {}", place.record);
    return text;
}

std::vector<std::string_view> formats() {
    std::vector<std::string_view> names;
    for (const Importer* importer : importers()) names.push_back(importer->format());
    return names;
}

const Importer* find_importer(std::string_view format) {
    for (const Importer* importer : importers()) {
        if (importer->format() == format) return importer;
    }
    return nullptr;
}

Next import_path(const Importer& importer, const path& path, Sinks sinks) {
    std::error_code error;
    const auto status = std::filesystem::status(path, error);
    if (status.type() == std::filesystem::file_type::not_found)
        return sinks.problems.report(absent(path, "there is no such file or folder"));
    if (error) return sinks.problems.report(problem_of(path, error));
    if (!std::filesystem::is_directory(status)) return import_one(importer, path, sinks);
    const auto files = files_in(path, importer, error);
    if (error && sinks.problems.report(problem_of(path, error)) == Next::kStop) return Next::kStop;
    if (files.empty() && !error) {
        const std::string reason = fmt::format("no file of the format {} here", importer.format());
        return sinks.problems.report(absent(path, reason));
    }
    for (const auto& file : files) {
        if (import_one(importer, file, sinks) == Next::kStop) return Next::kStop;
    }
    return Next::kContinue;
}

}  // namespace skein::import
