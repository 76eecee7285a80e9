#include "tools/cli/text_output.h"

#include <fmt/format.h>

#include <algorithm>
#include <ostream>

namespace skein::cli {

namespace {

struct Character {
    std::uint32_t code = 0;
    std::size_t bytes = 1;
};

bool is_continuation(char c) { return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U; }

// Stored text is UTF-8; names that were typed may not be, and count byte by byte then.
Character character_at(std::string_view text, std::size_t at) {
    const auto lead = static_cast<unsigned char>(text[at]);
    if (lead < 0x80) return {lead, 1};
    std::size_t bytes = 2;
    std::uint32_t code = lead & 0x1FU;
    if (lead >= 0xE0) bytes = 3, code = lead & 0x0FU;
    if (lead >= 0xF0) bytes = 4, code = lead & 0x07U;
    if (lead < 0xC0 || at + bytes > text.size()) return {0xFFFD, 1};
    for (std::size_t i = 1; i < bytes; ++i) {
        if (!is_continuation(text[at + i])) return {0xFFFD, 1};
        code = (code << 6U) | (static_cast<unsigned char>(text[at + i]) & 0x3FU);
    }
    return {code, bytes};
}

bool is_unsafe(std::uint32_t code) {
    if (code < 0x20 || (code >= 0x7F && code <= 0x9F)) return true;
    if (code == 0x200E || code == 0x200F || code == 0x2028 || code == 0x2029) return true;
    return (code >= 0x202A && code <= 0x202E) || (code >= 0x2066 && code <= 0x2069);
}

std::size_t width_of(std::string_view text) {
    return static_cast<std::size_t>(
        std::count_if(text.begin(), text.end(), [](char c) { return !is_continuation(c); }));
}

std::vector<std::size_t> widths_of(const Table& table) {
    std::vector<std::size_t> widths(table.head.size());
    for (std::size_t i = 0; i < table.head.size(); ++i) widths[i] = width_of(table.head[i]);
    for (const auto& row : table.rows) {
        if (row.size() > widths.size()) widths.resize(row.size());
        for (std::size_t i = 0; i < row.size(); ++i)
            widths[i] = std::max(widths[i], width_of(row[i]));
    }
    return widths;
}

void print_row(std::ostream& out, const std::vector<std::string>& row,
               const std::vector<std::size_t>& widths) {
    std::string line;
    for (std::size_t i = 0; i < row.size(); ++i) {
        line += row[i];
        if (i + 1 < row.size()) line.append(widths[i] - width_of(row[i]) + 2, ' ');
    }
    line.erase(line.find_last_not_of(' ') + 1);
    out << line << '\n';
}

void print_csv_cell(std::ostream& out, const std::string& cell) {
    if (!cell.empty() && cell.find_first_of(",\"\r\n") == std::string::npos) {
        out << cell;
        return;
    }
    out << '"';
    for (const char c : cell) {
        if (c == '"') out << c;
        out << c;
    }
    out << '"';
}

// What an entry of a group says on its line: the value, then who gave it and when.
std::vector<std::string> entry_row(std::string_view key, const json::Value& entry) {
    std::vector<std::string> row{"  " + shortened(key, kShortWidth / 2)};
    const auto value = entry.is_object() ? entry.find("value") : std::nullopt;
    if (!value) {
        row.push_back(shortened(plain(entry)));
        return row;
    }
    row.push_back(shortened(plain(*value)));
    const auto version = entry.find("version");
    const auto actor = entry.find("actor");
    std::string origin = version ? fmt::format("@{}", version->text()) : "";
    if (actor && actor->is_string()) origin += " " + shortened(plain(*actor), kShortWidth / 2);
    row.push_back(origin);
    return row;
}

bool is_group(const json::Value& value) {
    return (value.is_object() || value.is_array()) && value.count() > 0;
}

void print_group(std::ostream& out, const std::string& heading, const json::Value& group) {
    Table table;
    group.for_each_member([&](std::string_view key, const json::Value& entry) {
        table.rows.push_back(entry_row(key, entry));
    });
    group.for_each_element([&](const json::Value& element) {
        table.rows.push_back({"  " + shortened(plain(element))});
    });
    out << heading << '\n';
    print_table(out, table);
}

}  // namespace

std::string printable(std::string_view text) {
    std::string out;
    for (std::size_t at = 0; at < text.size();) {
        const Character character = character_at(text, at);
        if (is_unsafe(character.code)) {
            out += fmt::format("\\u{:04x}", character.code);
        } else {
            out += text.substr(at, character.bytes);
        }
        at += character.bytes;
    }
    return out;
}

std::string shortened(std::string_view text, std::size_t width) {
    std::string whole = printable(text);
    if (width_of(whole) <= width) return whole;
    std::size_t at = 0;
    for (std::size_t count = 0; count + 3 < width; ++count) at += character_at(whole, at).bytes;
    return whole.substr(0, at) + "...";
}

std::string plain(const json::Value& value) {
    if (value.is_null()) return "-";
    return value.is_string() ? *value.as_string() : value.text();
}

void print_table(std::ostream& out, const Table& table) {
    const std::vector<std::size_t> widths = widths_of(table);
    if (!table.head.empty()) print_row(out, table.head, widths);
    for (const auto& row : table.rows) print_row(out, row, widths);
}

void print_csv(std::ostream& out, const Rows& rows) {
    for (std::size_t i = 0; i < rows.head.size(); ++i) {
        if (i > 0) out << ',';
        print_csv_cell(out, rows.head[i]);
    }
    out << '\n';
    for (const auto& row : rows.rows) {
        for (std::size_t i = 0; i < row.size(); ++i) {
            if (i > 0) out << ',';
            if (row[i]) print_csv_cell(out, *row[i]);
        }
        out << '\n';
    }
}

void print_document(std::ostream& out, const json::Value& document, const Painting& heading) {
    if (!document.is_object()) {
        out << printable(document.text()) << '\n';
        return;
    }
    Table facts;
    document.for_each_member([&](std::string_view name, const json::Value& value) {
        const bool is_empty =
            value.is_null() || ((value.is_object() || value.is_array()) && value.count() == 0);
        if (is_empty || name == "schema" || is_group(value)) return;
        facts.rows.push_back({std::string(name), shortened(plain(value))});
    });
    print_table(out, facts);
    document.for_each_member([&](std::string_view name, const json::Value& value) {
        if (is_group(value)) print_group(out, heading(name), value);
    });
}

}  // namespace skein::cli
