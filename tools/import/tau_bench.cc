// tau-bench: one customer-service run a line; see README.md for what becomes of it.
#include "tools/import/formats.h"

#include <map>

#include <fmt/format.h>

#include "engine/json/parse.h"
#include "tools/import/command_writer.h"
#include "tools/import/line_import.h"

namespace skein::import {
namespace {

// The steps of one run by call id. An id that repeats names `id~2`, `id~3`...
class CallSteps {
 public:
    std::string begin(const std::string& call) {
        const std::size_t count = ++counts_[call];
        std::string step = as_id(count == 1 ? call : fmt::format("{}~{}", call, count));
        open_[call] = step;
        return step;
    }
    // The step that waits for the result of this call; nullopt where none does.
    std::optional<std::string> end(const std::string& call) {
        const auto found = open_.find(call);
        if (found == open_.end()) return std::nullopt;
        std::string step = std::move(found->second);
        open_.erase(found);
        return step;
    }

 private:
    std::map<std::string, std::size_t> counts_;
    std::map<std::string, std::string> open_;
};

class Trial {
 public:
    Trial(const json::Value& record, CommandWriter& writer, std::string run)
        : record_(record), writer_(writer), run_(std::move(run)) {}

    void write(const json::Value& messages, const SourcePlace& place) {
        writer_.at_record(0, place);
        writer_.put({"CreateSwarm"}, object_value({}));
        Members inputs;
        if (auto info = record_.find("info")) inputs.emplace_back("info", *info);
        writer_.put({"StartRun", run_}, object_value({{"inputs", object_value(inputs)}}));
        std::uint64_t number = 0;
        messages.for_each_element([&](const json::Value& message) {
            writer_.at_record(++number, place);
            write_message(message);
        });
        writer_.at_record(number + 1, place);
        Members outputs;
        if (auto reward = record_.find("reward")) outputs.emplace_back("reward", *reward);
        writer_.put({"CompleteRun", run_}, object_value({{"outputs", object_value(outputs)}}));
    }

 private:
    void write_message(const json::Value& message) {
        const std::string role = text_of(message, "role");
        writer_.put({"UpdateContext", run_, role}, append_value("messages", message));
        if (role == "tool") return write_result(message);
        const auto calls = message.find("tool_calls");
        if (!calls || !calls->is_array()) return;
        calls->for_each_element([&](const json::Value& call) {
            const std::string step = steps_.begin(text_of(call, "id"));
            writer_.put({"StartStep", run_, role}, object_value({{"step", text_value(step)},
                                                                 {"type", text_value("process")}}));
        });
    }

    void write_result(const json::Value& message) {
        const auto step = steps_.end(text_of(message, "tool_call_id"));
        if (!step) return;
        const std::string content = text_of(message, "content");
        const std::string actor = text_of(message, "name");
        Members data{{"step", text_value(*step)}};
        if (content.starts_with("Error")) {
            data.emplace_back("error", text_value(content));
            return writer_.put({"FailStep", run_, actor}, object_value(std::move(data)));
        }
        const auto parsed = json::parse(content);
        data.emplace_back("output", parsed ? *parsed : text_value(content));
        writer_.put({"CompleteStep", run_, actor}, object_value(std::move(data)));
    }

    const json::Value& record_;
    CommandWriter& writer_;
    std::string run_;
    CallSteps steps_;
};

// A number or a string, as part of an id.
std::optional<std::string> name_in(const json::Value& record, std::string_view key) {
    const auto member = record.find(key);
    if (!member) return std::nullopt;
    if (auto text = member->as_string()) return text;
    if (!member->as_number()) return std::nullopt;
    return member->text();
}

Next import_record(const json::Value& record, const SourcePlace& place, Sinks sinks) {
    const auto task = name_in(record, "task_id");
    const auto trial = name_in(record, "trial");
    const auto messages = record.find("traj");
    if (!task || !trial) return sinks.problems.report({place, "task_id or trial is missing"});
    if (!messages || !messages->is_array())
        return sinks.problems.report({place, "traj is missing, or no array"});
    std::string reason;
    messages->for_each_element([&](const json::Value& message) {
        if (!message.is_object()) reason = "traj holds a message that is no object";
    });
    if (!reason.empty()) return sinks.problems.report({place, reason});
    CommandWriter writer("tau-bench", as_id("tau-" + *task), sinks);
    Trial(record, writer, as_id("trial-" + *trial)).write(*messages, place);
    return writer.next();
}

class TauBench final : public Importer {
 public:
    std::string_view format() const override { return "tau-bench"; }
    FileLayout layout() const override { return FileLayout::kLines; }
    bool takes(const std::filesystem::path& file) const override {
        return file.extension() == ".jsonl" &&
               file.filename().string().find("trajectories") != std::string::npos;
    }
    Next import_file(const std::filesystem::path& file, Sinks sinks) const override {
        return each_line_object(file, sinks.problems,
                                {[&](const json::Value& record, const SourcePlace& place) {
                                    return import_record(record, place, sinks);
                                }});
    }
};

}  // namespace

const Importer& tau_bench_importer() {
    static const TauBench importer;
    return importer;
}

}  // namespace skein::import
