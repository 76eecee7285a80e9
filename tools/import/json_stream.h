// JsonStream: a JSON file of any size, read member by member and element by element through a
// bounded buffer. One value is in memory at a time, and only where text() was asked for.
//
//   JsonStream in(file);
//   for (in.enter_object(); auto key = in.next_member();) {
//       if (*key != "txns") { in.skip(); continue; }
//       for (in.enter_array(); in.next_element();) use(in.text());
//   }
//
// The stream checks the structure it walks through (brackets, commas, colons, strings). What stands
// inside a value is checked by whoever parses text(). A skipped value is checked for its end only.
// Threads: one. Errors: ok() turns false at the first failure and stays so; every call then answers
// "nothing more". error() and line() say what and where.
#pragma once

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace skein::import {

class JsonStream {
 public:
    static constexpr std::size_t kValueBytesMax = 64ULL << 20;

    explicit JsonStream(const std::filesystem::path& file,
                        std::size_t value_bytes_max = kValueBytesMax);

    bool ok() const { return error_.empty(); }
    const std::string& error() const { return error_; }
    std::uint64_t line() const { return line_; }              // of the cursor, from 1
    std::uint64_t value_line() const { return value_line_; }  // where the last text() began

    // The first character of the value at the cursor; '\0' after a failure or at the end.
    char peek();
    // At a value of that type: into it. Else a failure.
    void enter_object();
    void enter_array();
    // The key of the next member, unescaped, with the cursor at its value; or nullopt past the end
    // of the object. The value must then be entered, skipped or taken.
    std::optional<std::string> next_member();
    bool next_element();
    // The value at the cursor; valid until the next call. Empty after a failure.
    std::string_view text();
    void skip();
    // After the outermost value: fails where anything but white space follows.
    void finish();

 private:
    enum class Keep { kText, kNothing };

    bool fill();
    int look();  // the character at the cursor, or -1 at the end
    void advance() { ++at_; }
    void skip_space();
    void fail(std::string reason);
    bool enter(char bracket);
    bool next(char closing);
    void scan(Keep keep);
    void scan_scalar(Keep keep);
    void scan_nested(Keep keep);
    void keep_range(Keep keep, std::size_t from, std::size_t to);

    std::ifstream file_;
    std::size_t value_bytes_max_;
    std::string buffer_;
    std::size_t at_ = 0;   // in buffer_
    std::size_t end_ = 0;  // of what buffer_ holds
    std::uint64_t line_ = 1;
    std::uint64_t value_line_ = 1;
    std::vector<bool> first_;  // of each container entered: no element was seen yet
    std::string text_;
    std::string error_;
};

}  // namespace skein::import
