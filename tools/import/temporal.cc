// Temporal workflow histories: one command for each history event; see README.md.
#include "tools/import/formats.h"

#include "tools/import/command_writer.h"
#include "tools/import/document.h"
#include "tools/import/document_importer.h"
#include "tools/import/temporal_events.h"

namespace skein::import {
namespace {

// A file in a folder `run_*` is one of a chain.
std::string swarm_of(const std::filesystem::path& file) {
    const auto folder = std::filesystem::absolute(file).lexically_normal().parent_path();
    const std::string name = folder.filename().string();
    if (!name.starts_with("run_")) return as_id("temporal-" + file_id(file));
    return as_id("temporal-" + folder.parent_path().filename().string() + "." + name);
}

class Histories {
 public:
    Histories(const std::filesystem::path& file, Sinks sinks)
        : document_(file, sinks.problems), writer_("temporal", swarm_of(file), sinks) {}

    Next write() {
        JsonStream& in = document_.stream();
        in.enter_object();
        if (!in.ok()) return document_.end();
        writer_.at_record(0, document_.place());
        writer_.put({"CreateSwarm"}, object_value({}));
        bool has_history = false;
        while (const auto key = in.next_member()) {
            if (in.peek() == '[') {
                has_history = true;
                write_history(*key);
            } else {
                in.skip();
            }
            if (document_.stopped() || writer_.stopped()) return Next::kStop;
        }
        if (!has_history) document_.miss("events");
        return document_.end();
    }

 private:
    // Elements are events, or batches of events. Where no event names the run, the member does.
    void write_history(const std::string& member) {
        JsonStream& in = document_.stream();
        TemporalRun run(writer_, as_id(member));
        std::uint64_t number = 0;
        for (in.enter_array(); in.next_element();) {
            if (in.peek() != '[') {
                write_event(run, ++number);
            } else {
                for (in.enter_array(); in.next_element() && !stopped();) write_event(run, ++number);
            }
            if (stopped()) return;
        }
    }

    void write_event(TemporalRun& run, std::uint64_t number) {
        const auto event = document_.take(number);
        if (!event) return;
        writer_.at_record(number, document_.place());
        const std::string reason = run.write(*event);
        if (!reason.empty()) document_.report(reason);
    }

    bool stopped() const { return document_.stopped() || writer_.stopped(); }

    Document document_;
    CommandWriter writer_;
};

}  // namespace

const Importer& temporal_importer() {
    static const DocumentImporter<Histories> importer("temporal", ".json");
    return importer;
}

}  // namespace skein::import
