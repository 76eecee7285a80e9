// Text for people: aligned tables, and values cut to a line. Nothing here is a contract.
//
// Control characters and direction marks of stored texts are written as escapes, so that no stored
// text can drive the terminal.
// Threads: pure. Errors: none. Source: interfaces section 4 (output).
#pragma once

#include <functional>
#include <iosfwd>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/json/value.h"

namespace skein::cli {

inline constexpr std::size_t kShortWidth = 100;  // characters of a value on a line of a document

// Without control characters and direction marks.
std::string printable(std::string_view text);
// Printable, and cut to `width` characters with "..." at the end.
std::string shortened(std::string_view text, std::size_t width = kShortWidth);
// A text without quotes, null as "-", anything else as JSON; whole.
std::string plain(const json::Value& value);

struct Table {
    std::vector<std::string> head;  // empty: none is printed
    std::vector<std::vector<std::string>> rows;
};
// Columns two blanks apart, the last one unpadded.
void print_table(std::ostream& out, const Table& table);
struct Rows {
    std::vector<std::string> head;
    std::vector<std::vector<std::optional<std::string>>> rows;
};
// Quoted as RFC 4180 says, lines ending with LF: whole values as they are stored; what is absent is
// an empty cell, an empty text "".
void print_csv(std::ostream& out, const Rows& rows);

// What is done to the heading of a group: colour, or nothing.
using Painting = std::function<std::string(std::string_view)>;
// A state document: its texts and numbers a line each, then each group with its entries.
void print_document(std::ostream& out, const json::Value& document, const Painting& heading);

}  // namespace skein::cli
