// Importers: files of other systems to skein commands (interfaces section 2), one JSON document
// each.
//
// An importer reads its file as a stream: memory holds a bounded buffer and one record, never the
// file. Commands come in the order in which they must be sent. Their ids are derived from what they
// say and where they stand, so importing the same file twice makes the same commands.
// A broken record leaves nothing behind that its repair contradicts: of a run with one nothing is
// sent, so importing the mended file completes what stands (see README.md for jsonl).
// Threads: importers are stateless and thread-safe; a sink is called from the calling thread alone.
// Errors: a broken record is a Problem with file, line, record and reason; whether the rest of the
// file goes on is the answer of the ProblemSink. A file that cannot be opened is a Problem at line
// 0. Nothing is thrown but std::bad_alloc and what the sinks throw.
// Source: interfaces section 10.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "engine/json/value.h"

namespace skein::import {

struct SourcePlace {
    std::string file;
    std::uint64_t line = 0;    // where the record begins, from 1; 0 = the file as a whole
    std::uint64_t record = 0;  // its number in the file, from 1; 0 = none
};
// `traces/a.json:12: record 7`
std::string to_string(const SourcePlace& place);

enum class ProblemKind {
    kBroken,  // a record, a file, or its format
    kAbsent,  // nothing to import at the path
};
struct Problem {
    SourcePlace place;
    std::string reason;
    ProblemKind kind = ProblemKind::kBroken;
};

enum class Next { kContinue, kStop };

class CommandSink {
 public:
    virtual ~CommandSink() = default;
    // kStop ends the import at once.
    virtual Next put(json::Value command, const SourcePlace& place) = 0;
};

class ProblemSink {
 public:
    virtual ~ProblemSink() = default;
    // kContinue goes on with the next record where the file's structure still allows it, else with
    // the next file.
    virtual Next report(const Problem& problem) = 0;
};

struct Sinks {
    CommandSink& commands;
    ProblemSink& problems;
};

enum class FileLayout {
    kLines,     // a record a line, each imported as it is read
    kDocument,  // one JSON document, checked whole before its first command
};

class Importer {
 public:
    virtual ~Importer() = default;
    virtual std::string_view format() const = 0;
    virtual FileLayout layout() const = 0;
    // Whether a walk over a folder takes this file; a file that was named is always taken.
    virtual bool takes(const std::filesystem::path& file) const = 0;
    virtual Next import_file(const std::filesystem::path& file, Sinks sinks) const = 0;
};

// Every format, sorted: editing-traces, inspect, jsonl, swe-agent, tau-bench, temporal,
// who-and-when.
std::vector<std::string_view> formats();
// nullptr where there is no such format. Lives as long as the program.
const Importer* find_importer(std::string_view format);

// A file, or a folder with its subfolders: the files that the importer takes, in sorted order of
// their paths. A path that is not there and a folder without any are Problems of the kind
// kAbsent; a file of another format is one of the kind kBroken, and nothing of it is sent.
Next import_path(const Importer& importer, const std::filesystem::path& path, Sinks sinks);

}  // namespace skein::import
