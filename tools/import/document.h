// Document: a JsonStream whose failures and broken records go to the problem sink.
//
// Threads: one. Errors: reported as they are met; stopped() says that the sink wants no more.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "engine/json/value.h"
#include "tools/import/importer.h"
#include "tools/import/json_stream.h"

namespace skein::import {

class Document {
 public:
    Document(const std::filesystem::path& file, ProblemSink& problems);

    JsonStream& stream() { return stream_; }
    bool stopped() const { return next_ == Next::kStop; }
    std::uint64_t problems() const { return reported_; }
    // Where the value taken last begins, with the number given to it.
    const SourcePlace& place() const { return place_; }

    // The value at the cursor, as record `number` (0: no record, a part of the file); nullopt where
    // it is broken, which has been reported then.
    std::optional<json::Value> take(std::uint64_t number);
    // Says what is wrong with the value taken last.
    void report(const std::string& reason);
    // Says that the file has no such member: it is none of its format. Once it was read to its end.
    void miss(std::string_view member);
    // Reports a failure of the file's structure, if there is one, and checks that nothing follows.
    Next end();

 private:
    JsonStream stream_;
    ProblemSink& problems_;
    SourcePlace place_;
    std::uint64_t reported_ = 0;
    Next next_ = Next::kContinue;
};

// One line of a file as a value; nullopt and a reason where it is none.
struct ParsedText {
    std::optional<json::Value> value;
    std::string reason;
};
ParsedText parse_record(std::string_view text);

}  // namespace skein::import
