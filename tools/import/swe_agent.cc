// SWE-agent trajectories: one run a file; see README.md for what becomes of it.
#include "tools/import/formats.h"

#include "tools/import/command_writer.h"
#include "tools/import/document.h"
#include "tools/import/document_importer.h"

namespace skein::import {
namespace {

constexpr std::string_view kRun = "main";

class Trajectory {
 public:
    Trajectory(const std::filesystem::path& file, Sinks sinks)
        : document_(file, sinks.problems),
          writer_("swe-agent", as_id("swe-" + file_id(file)), sinks) {}

    Next write() {
        JsonStream& in = document_.stream();
        in.enter_object();
        if (!in.ok()) return document_.end();
        writer_.at_record(0, document_.place());
        writer_.put({"CreateSwarm"}, object_value({}));
        writer_.put({"StartRun", kRun}, object_value({}));
        while (const auto key = in.next_member()) {
            write_member(*key);
            if (document_.stopped() || writer_.stopped()) return Next::kStop;
        }
        if (!has_entries_) document_.miss("trajectory");
        if (in.ok() && has_entries_) complete();
        if (writer_.stopped()) return Next::kStop;
        return document_.end();
    }

 private:
    // Records count within their member, so that the order of the members changes no id.
    static constexpr std::uint64_t kMemberRecords = 1ULL << 32;

    void write_member(const std::string& key) {
        JsonStream& in = document_.stream();
        const bool is_array = in.peek() == '[';
        if (key == "trajectory" && is_array) return each(1, &Trajectory::write_step);
        if (key == "history" && is_array) return each(2, &Trajectory::write_message);
        if (key != "info" && key != "environment") return in.skip();
        const auto value = document_.take(0);
        if (!value) return;
        if (key == "info") {
            info_ = *value;
            return;
        }
        writer_.at_record(0, document_.place());
        writer_.put({"UpdateContext", kRun}, updates_value({{"environment", "set", *value}}));
    }

    void each(std::uint64_t member, void (Trajectory::*visit)(std::uint64_t, const json::Value&)) {
        JsonStream& in = document_.stream();
        has_entries_ = true;
        in.enter_array();
        for (std::uint64_t number = 1; in.next_element(); ++number) {
            const auto value = document_.take(number);
            writer_.at_record(member * kMemberRecords + number, document_.place());
            if (value && value->is_object())
                (this->*visit)(number, *value);
            else if (value)
                document_.report("expected an object, found another value");
            if (document_.stopped() || writer_.stopped()) return;
        }
    }

    void write_step(std::uint64_t number, const json::Value& entry) {
        const json::Value step = text_value(std::to_string(number));
        Members output;
        for (const char* key : {"action", "observation", "state"}) {
            if (auto member = entry.find(key)) output.emplace_back(key, *member);
        }
        writer_.put({"StartStep", kRun}, object_value({{"step", step}}));
        writer_.put({"CompleteStep", kRun},
                    object_value({{"step", step}, {"output", object_value(std::move(output))}}));
    }

    void write_message(std::uint64_t, const json::Value& message) {
        writer_.put({"UpdateContext", kRun, text_of(message, "agent")},
                    append_value("messages", message));
    }

    void complete() {
        Members data;
        if (info_) data.emplace_back("outputs", object_value({{"info", *info_}}));
        writer_.at_record(3 * kMemberRecords, document_.place());
        writer_.put({"CompleteRun", kRun}, object_value(std::move(data)));
    }

    Document document_;
    CommandWriter writer_;
    std::optional<json::Value> info_;
    bool has_entries_ = false;  // a trajectory or a history, whichever the file holds
};

}  // namespace

const Importer& swe_agent_importer() {
    static const DocumentImporter<Trajectory> importer("swe-agent", ".traj");
    return importer;
}

}  // namespace skein::import
