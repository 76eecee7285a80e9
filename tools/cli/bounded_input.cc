#include "tools/cli/bounded_input.h"

#include <array>
#include <istream>
#include <limits>

namespace skein::cli {

namespace {

using Block = std::array<char, 1 << 14>;

}  // namespace

// A directory opens, and fails as it is read: read() says so, an iterator throws.
Result<std::string, InputProblem> read_all(std::istream& in, std::size_t bytes_max) {
    std::string text;
    Block block;
    while (in.read(block.data(), block.size()) || in.gcount() > 0) {
        text.append(block.data(), static_cast<std::size_t>(in.gcount()));
        if (text.size() > bytes_max) return fail(InputProblem::kTooLong);
    }
    if (in.bad()) return fail(InputProblem::kUnreadable);
    return text;
}

LineRead read_line(std::istream& in, std::string& line, std::size_t bytes_max) {
    line.clear();
    Block block;
    while (true) {
        in.getline(block.data(), block.size());
        const auto count = static_cast<std::size_t>(in.gcount());
        if (in.bad() || (in.eof() && count == 0)) break;
        const bool has_end = in.good();  // it is counted, and not stored
        line.append(block.data(), has_end ? count - 1 : count);
        if (line.size() > bytes_max) {
            if (has_end) in.putback('\n');
            if (!in.eof()) in.clear();
            return LineRead::kTooLong;
        }
        if (has_end || in.eof()) return LineRead::kLine;
        in.clear();  // the block is full, and the line goes on
    }
    return line.empty() ? LineRead::kEnd : LineRead::kLine;
}

void skip_line(std::istream& in) { in.ignore(std::numeric_limits<std::streamsize>::max(), '\n'); }

}  // namespace skein::cli
