// Commands of interfaces section 2, one a line, as they are. A command without an id gets one from
// its line number and content.
#include "tools/import/formats.h"

#include "tools/import/command_writer.h"
#include "tools/import/line_import.h"

namespace skein::import {
namespace {

json::Value with_id(const json::Value& command, std::uint64_t line) {
    if (command.find("command_id")) return command;
    Members members = command.members();
    const std::string content = "jsonl\n" + std::to_string(line) + "\n" + command.text();
    members.emplace_back("command_id", text_value(derived_id(content)));
    return object_value(std::move(members));
}

// Events are facts of another store, and nothing makes commands of them again.
bool is_event(const json::Value& document) {
    const auto schema = document.find("schema");
    return schema && schema->as_string() == "skein.event/1";
}

class Jsonl final : public Importer {
 public:
    std::string_view format() const override { return "jsonl"; }
    bool takes(const std::filesystem::path& file) const override {
        return file.extension() == ".jsonl";
    }
    Next import_file(const std::filesystem::path& file, Sinks sinks) const override {
        return each_line_object(
            file, sinks.problems, [&](const json::Value& command, const SourcePlace& place) {
                if (is_event(command))
                    return sinks.problems.report({place,
                                                  "an event as `skein export` prints it, and no "
                                                  "command; `skein backup` copies a store"});
                return sinks.commands.put(with_id(command, place.line), place);
            });
    }
};

}  // namespace

const Importer& jsonl_importer() {
    static const Jsonl importer;
    return importer;
}

}  // namespace skein::import
