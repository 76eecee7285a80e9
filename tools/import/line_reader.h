// LineReader: a text file line by line, through a bounded buffer.
//
// Threads: one. Errors: ok() turns false where the file cannot be read; a line over the limit is
// handed out empty with too_long() true.
#pragma once

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>
#include <string_view>

namespace skein::import {

class LineReader {
 public:
    static constexpr std::size_t kLineBytesMax = 64ULL << 20;

    explicit LineReader(const std::filesystem::path& file,
                        std::size_t line_bytes_max = kLineBytesMax);

    // The next line without its end (`\n` or `\r\n`); valid until the next call.
    std::optional<std::string_view> next();
    std::uint64_t line() const { return line_; }  // of the line handed out, from 1
    bool too_long() const { return too_long_; }
    bool ok() const { return opened_ && !file_.bad(); }

 private:
    bool fill();

    std::ifstream file_;
    bool opened_;
    std::size_t line_bytes_max_;
    std::string buffer_;
    std::size_t at_ = 0;
    std::size_t end_ = 0;
    std::string text_;
    std::uint64_t line_ = 0;
    bool too_long_ = false;
};

}  // namespace skein::import
