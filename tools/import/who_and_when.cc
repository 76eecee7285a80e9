// Who&When: one conversation of several agents a file; see README.md for what becomes of it.
#include "tools/import/formats.h"

#include <charconv>
#include <map>
#include <set>

#include <fmt/format.h>

#include "engine/json/parse.h"
#include "tools/import/command_writer.h"
#include "tools/import/document.h"
#include "tools/import/document_importer.h"

namespace skein::import {
namespace {

constexpr std::string_view kRun = "main";
constexpr std::string_view kLedgerStart = "Updated Ledger:";
constexpr std::string_view kHandOffStart = " (-> ";
constexpr std::size_t kKeyBytes = 512;

// `ww-hc-3`, `ww-ag-3`; elsewhere the folder says nothing and the name stands alone.
std::string swarm_of(const std::filesystem::path& file) {
    const auto folder = std::filesystem::absolute(file).lexically_normal().parent_path().filename();
    std::string prefix = "ww-";
    if (folder == "hand-crafted") prefix = "ww-hc-";
    if (folder == "algorithm-generated") prefix = "ww-ag-";
    return as_id(prefix + file_id(file));
}

// What stands beside the history: known before the first message is imported.
struct Labels {
    std::string question;
    std::optional<std::uint64_t> mistake_step;
    std::map<std::string, json::Value> members;  // all but the history; the last of a name counts
};

std::optional<std::uint64_t> step_number(const json::Value& value) {
    if (const auto number = value.as_unsigned_integer()) return number;
    const std::string text = value.as_string().value_or(std::string());
    std::uint64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
    return number;
}

// The first pass; what is broken here is reported by the second.
Labels read_labels(const std::filesystem::path& file) {
    Labels labels;
    JsonStream in(file);
    in.enter_object();
    while (const auto key = in.next_member()) {
        if (*key == "history") {
            in.skip();
            continue;
        }
        auto value = json::parse(in.text());
        if (!value) continue;
        if (*key == "question") labels.question = value->as_string().value_or(std::string());
        if (*key == "mistake_step") labels.mistake_step = step_number(*value);
        labels.members[*key] = std::move(*value);
    }
    return labels;
}

struct Speaker {
    std::string who;   // the full text
    std::string name;  // the part before ` (`
};

Speaker speaker_of(const json::Value& message) {
    Speaker speaker{text_of(message, "name"), {}};
    if (speaker.who.empty()) speaker.who = text_of(message, "role");
    speaker.name = speaker.who.substr(0, speaker.who.find(" ("));
    return speaker;
}

// `WebSurfer` of `Orchestrator (-> WebSurfer)`; empty where it is no hand-off.
std::string hand_off_target(std::string_view who) {
    const std::size_t at = who.find(kHandOffStart);
    if (at == std::string_view::npos || !who.ends_with(')')) return {};
    const std::size_t from = at + kHandOffStart.size();
    return std::string(who.substr(from, who.size() - from - 1));
}

std::optional<json::Value> ledger_in(std::string_view content) {
    if (!content.starts_with(kLedgerStart)) return std::nullopt;
    auto ledger = json::parse(content.substr(kLedgerStart.size()));
    if (!ledger || !ledger->is_object()) return std::nullopt;
    return std::move(*ledger);
}

class Conversation {
 public:
    Conversation(const std::filesystem::path& file, Sinks sinks)
        : labels_(read_labels(file)),
          document_(file, sinks.problems),
          writer_("who-and-when", swarm_of(file), sinks) {}

    Next write() {
        JsonStream& in = document_.stream();
        in.enter_object();
        if (!in.ok()) return document_.end();
        start();
        while (const auto key = in.next_member()) {
            if (*key == "history" && in.peek() == '[')
                write_history();
            else
                document_.take(0);  // known from the first pass; a broken one is reported here
            if (document_.stopped() || writer_.stopped()) return Next::kStop;
        }
        if (!has_history_) document_.miss("history");
        if (in.ok() && has_history_) complete();
        if (writer_.stopped()) return Next::kStop;
        return document_.end();
    }

 private:
    void start() {
        writer_.at_record(0, document_.place());
        Members swarm;
        if (!labels_.question.empty()) swarm.emplace_back("goal", text_value(labels_.question));
        writer_.put({"CreateSwarm"}, object_value(std::move(swarm)));
        Members labels(labels_.members.begin(), labels_.members.end());
        Members inputs{{"labels", object_value(std::move(labels))}};
        writer_.put({"StartRun", kRun},
                    object_value({{"inputs", object_value(std::move(inputs))}}));
    }

    void write_history() {
        JsonStream& in = document_.stream();
        has_history_ = true;
        in.enter_array();
        for (; in.next_element(); ++count_) {
            const auto message = document_.take(count_ + 1);
            writer_.at_record(count_ + 1, document_.place());
            if (labels_.mistake_step == count_)
                writer_.put({"TagRun", kRun},
                            object_value({{"name", text_value("before-mistake")}}));
            if (message && message->is_object())
                write_message(*message);
            else if (message)
                document_.report("expected an object, found another value");
            if (document_.stopped() || writer_.stopped()) return;
        }
    }

    void write_message(const json::Value& message) {
        const Speaker speaker = speaker_of(message);
        const std::string agent = as_id(speaker.name);
        const json::Value content = message.find("content").value_or(json::Value());
        const std::string text = content.as_string().value_or(content.text());
        join(agent, speaker.who);
        const auto ledger = ledger_in(text);
        std::vector<Update> updates;
        updates.push_back({"messages", "append",
                           object_value({{"i", json::Value::unsigned_integer(count_)},
                                         {"who", text_value(speaker.who)},
                                         {"content", content}})});
        if (ledger) updates.push_back({"ledger", "merge", *ledger});
        writer_.put({"UpdateContext", kRun, agent}, updates_value(updates));
        if (ledger) post_ledger(*ledger, agent);
        reply(speaker.name, agent, text);
        const std::string target = hand_off_target(speaker.who);
        if (!target.empty()) hand_off(target, agent, text);
    }

    void join(const std::string& agent, const std::string& who) {
        if (!joined_.insert(agent).second) return;
        writer_.put({"JoinSwarm"}, object_value({{"agent", text_value(agent)},
                                                 {"role", text_value(cut_text(who, kKeyBytes))}}));
    }

    void post_ledger(const json::Value& ledger, const std::string& agent) {
        std::vector<json::Value> items;
        ledger.for_each_member([&](std::string_view key, const json::Value& value) {
            const std::string id = "ledger." + std::string(key);
            items.push_back(
                object_value({{"id", text_value(cut_text(id, kKeyBytes))}, {"value", value}}));
        });
        if (items.empty()) return;
        writer_.put({"UpdateBlackboard", {}, agent},
                    object_value({{"set", json::Value::array(items)}}));
    }

    // X's message ends every hand-off to X that is still open.
    void reply(const std::string& name, const std::string& agent, const std::string& text) {
        const auto found = open_.find(name);
        if (found == open_.end()) return;
        const std::string key(cut_text("reply." + name, kKeyBytes));
        for (const std::string& run : found->second) {
            writer_.put({"UpdateContext", run, agent},
                        updates_value({{key, "set", text_value(text)}}));
            writer_.put({"MarkForExport", run, agent},
                        object_value({{"key", text_value(key)},
                                      {"destination", text_value("parent_context")}}));
            writer_.put({"CompleteRun", run, agent}, object_value({}));
        }
        open_.erase(found);
    }

    void hand_off(const std::string& target, const std::string& agent, const std::string& text) {
        const std::string run = fmt::format("h{}", ++hand_offs_);
        open_[target].push_back(run);
        writer_.put({"StartRun", run, agent},
                    object_value({{"parent", text_value(kRun)},
                                  {"inherit", text_value("none")},
                                  {"inputs", object_value({{"agent", text_value(target)},
                                                           {"task", text_value(text)}})}}));
    }

    void complete() {
        writer_.at_record(count_ + 1, document_.place());
        for (const auto& [target, runs] : open_) {
            for (const std::string& run : runs) writer_.put({"CancelRun", run}, object_value({}));
        }
        writer_.put({"CompleteRun", kRun}, object_value({}));
    }

    Labels labels_;
    Document document_;
    CommandWriter writer_;
    std::set<std::string> joined_;
    std::map<std::string, std::vector<std::string>> open_;  // hand-offs without a reply, by target
    std::uint64_t count_ = 0;                               // messages before this one
    std::uint64_t hand_offs_ = 0;
    bool has_history_ = false;
};

}  // namespace

const Importer& who_and_when_importer() {
    static const DocumentImporter<Conversation> importer("who-and-when", ".json");
    return importer;
}

}  // namespace skein::import
