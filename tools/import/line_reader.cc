#include "tools/import/line_reader.h"

namespace skein::import {
namespace {

constexpr std::size_t kBufferBytes = 64 << 10;

}  // namespace

LineReader::LineReader(const std::filesystem::path& file, std::size_t line_bytes_max)
    : file_(file, std::ios::binary),
      opened_(static_cast<bool>(file_)),
      line_bytes_max_(line_bytes_max),
      buffer_(kBufferBytes, '\0') {}

bool LineReader::fill() {
    file_.read(buffer_.data(), static_cast<std::streamsize>(buffer_.size()));
    at_ = 0;
    end_ = static_cast<std::size_t>(file_.gcount());
    return end_ > 0;
}

std::optional<std::string_view> LineReader::next() {
    text_.clear();
    too_long_ = false;
    bool found = false;
    while (!found && (at_ < end_ || fill())) {
        const std::string_view rest(buffer_.data() + at_, end_ - at_);
        const std::size_t newline = rest.find('\n');
        found = newline != std::string_view::npos;
        const std::string_view part = rest.substr(0, newline);
        too_long_ = too_long_ || text_.size() + part.size() > line_bytes_max_;
        if (too_long_)
            text_.clear();
        else
            text_ += part;
        at_ += part.size() + (found ? 1 : 0);
    }
    if (!found && text_.empty() && !too_long_) return std::nullopt;
    ++line_;
    if (!text_.empty() && text_.back() == '\r') text_.pop_back();
    return text_;
}

}  // namespace skein::import
