// DocumentImporter: a format whose files are one document each.
//
// Threads: one. Errors: see importer.h.
#pragma once

#include <filesystem>
#include <string_view>

#include "tools/import/importer.h"

namespace skein::import {

// `Reader(file, sinks).write()` turns one file into commands. Both texts outlive the importer.
template <class Reader>
class DocumentImporter final : public Importer {
 public:
    DocumentImporter(std::string_view format, std::string_view extension)
        : format_(format), extension_(extension) {}

    std::string_view format() const override { return format_; }
    bool takes(const std::filesystem::path& file) const override {
        return file.extension() == extension_;
    }
    Next import_file(const std::filesystem::path& file, Sinks sinks) const override {
        return Reader(file, sinks).write();
    }

 private:
    const std::string_view format_;
    const std::string_view extension_;
};

}  // namespace skein::import
