// DocumentImporter: a format whose files are one document each.
//
// A document is read twice: once as a rehearsal that sends nothing and reports what is broken, then
// for its commands, if nothing was. Memory holds one record each time.
// Threads: one. Errors: see importer.h.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string_view>

#include "tools/import/importer.h"

namespace skein::import {

// Takes commands without sending them, counts problems and passes them on.
class Rehearsal final : public CommandSink, public ProblemSink {
 public:
    explicit Rehearsal(ProblemSink& problems) : problems_(problems) {}

    Sinks sinks() { return {*this, *this}; }
    std::uint64_t problems() const { return count_; }

    Next put(json::Value, const SourcePlace&) override { return Next::kContinue; }
    Next report(const Problem& problem) override {
        ++count_;
        return problems_.report(problem);
    }

 private:
    ProblemSink& problems_;
    std::uint64_t count_ = 0;
};

// `Reader(file, sinks).write()` turns one file into commands. Where runs of a file are broken each
// on its own, `Reader::write_rest(rehearsed, file, sinks)` writes the others. Both texts outlive
// the importer.
template <class Reader>
class DocumentImporter final : public Importer {
 public:
    DocumentImporter(std::string_view format, std::string_view extension)
        : format_(format), extension_(extension) {}

    std::string_view format() const override { return format_; }
    FileLayout layout() const override { return FileLayout::kDocument; }
    bool takes(const std::filesystem::path& file) const override {
        return file.extension() == extension_;
    }
    Next import_file(const std::filesystem::path& file, Sinks sinks) const override {
        Rehearsal rehearsal(sinks.problems);
        {
            Reader rehearsed(file, rehearsal.sinks());
            if (rehearsed.write() == Next::kStop) return Next::kStop;
            if (rehearsal.problems() > 0) return write_rest(rehearsed, file, sinks);
        }
        return Reader(file, sinks).write();
    }

 private:
    static Next write_rest(const Reader& rehearsed, const std::filesystem::path& file,
                           Sinks sinks) {
        if constexpr (requires { Reader::write_rest(rehearsed, file, sinks); })
            return Reader::write_rest(rehearsed, file, sinks);
        return Next::kContinue;
    }

    const std::string_view format_;
    const std::string_view extension_;
};

}  // namespace skein::import
