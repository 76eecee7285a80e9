// Inspect logs: a whole log with its samples, or one sample; see README.md for what becomes of it.
#include "tools/import/formats.h"

#include "engine/json/parse.h"
#include "tools/import/command_writer.h"
#include "tools/import/document.h"
#include "tools/import/document_importer.h"
#include "tools/import/inspect_sample.h"

namespace skein::import {
namespace {

// The final values of what the events tell step by step.
bool is_told_by_events(std::string_view key) {
    return key == "id" || key == "epoch" || key == "messages" || key == "store";
}

std::string scalar_text(JsonStream& in) {
    const auto value = json::parse(in.text());
    if (!value) return {};
    return value->as_string().value_or(value->text());
}

// `<sample id>-e<epoch>` of the sample at the cursor, which is read to its end.
std::string read_run(JsonStream& in) {
    std::string id = "sample";
    std::string epoch = "1";
    in.enter_object();
    while (const auto key = in.next_member()) {
        if (*key == "id")
            id = scalar_text(in);
        else if (*key == "epoch")
            epoch = scalar_text(in);
        else
            in.skip();
    }
    return as_id(id + "-e" + epoch);
}

enum class Layout { kLog, kSample };

// A log has `samples`; anything else is taken as a sample.
Layout layout_of(const std::filesystem::path& file) {
    JsonStream in(file);
    in.enter_object();
    while (const auto key = in.next_member()) {
        if (*key == "samples" && in.peek() == '[') return Layout::kLog;
        in.skip();
    }
    return Layout::kSample;
}

class Log {
 public:
    Log(const std::filesystem::path& file, Sinks sinks)
        : names_(file),
          document_(file, sinks.problems),
          writer_("inspect", as_id("inspect-" + file_id(file)), sinks),
          layout_(layout_of(file)) {}

    Next write() {
        JsonStream& in = document_.stream();
        if (in.peek() != '{') {
            in.enter_object();
            return document_.end();
        }
        writer_.at_record(0, document_.place());
        writer_.put({"CreateSwarm"}, object_value({}));
        if (layout_ == Layout::kSample)
            write_sample();
        else
            write_log();
        if (writer_.stopped() || document_.stopped()) return Next::kStop;
        return document_.end();
    }

 private:
    // names_ walks ahead of document_, sample by sample: the run must have its name before its
    // first event, wherever in the sample the id stands.
    void write_log() {
        JsonStream& in = document_.stream();
        in.enter_object();
        names_.enter_object();
        while (const auto key = in.next_member()) {
            names_.next_member();
            if (*key != "samples" || in.peek() != '[') {
                in.skip();
                names_.skip();
                continue;
            }
            names_.enter_array();
            for (in.enter_array(); in.next_element() && names_.next_element();) {
                if (in.peek() != '{') {
                    document_.take(0);
                    document_.report("expected a sample, found another value");
                    names_.skip();
                } else {
                    write_sample();
                }
                if (stopped()) return;
            }
            names_.next_element();  // past the end of the array
        }
    }

    void write_sample() {
        JsonStream& in = document_.stream();
        InspectSample sample(writer_, read_run(names_));
        writer_.at_record(0, document_.place());
        sample.start();
        std::uint64_t record = 0;
        in.enter_object();
        while (const auto key = in.next_member()) {
            write_member(sample, *key, record);
            if (stopped()) return;
        }
        if (!in.ok()) return;
        if (layout_ == Layout::kSample && !has_events_) return document_.miss("samples");
        writer_.at_record(record + 1, document_.place());
        sample.complete();
    }

    void write_member(InspectSample& sample, const std::string& key, std::uint64_t& record) {
        JsonStream& in = document_.stream();
        if (is_told_by_events(key)) return in.skip();
        if (key == "events" && in.peek() == '[') return write_events(sample, record);
        if (key == "attachments" && in.peek() == '{') {
            in.enter_object();
            while (const auto name = in.next_member()) {
                write_value(sample, "attachment." + *name, ++record);
                if (stopped()) return;
            }
            return;
        }
        write_value(sample, "sample." + key, ++record);
    }

    void write_value(InspectSample& sample, const std::string& key, std::uint64_t record) {
        const auto value = document_.take(record);
        writer_.at_record(record, document_.place());
        if (value) sample.write_member(key, *value);
    }

    void write_events(InspectSample& sample, std::uint64_t& record) {
        JsonStream& in = document_.stream();
        has_events_ = true;
        in.enter_array();
        for (std::uint64_t index = 0; in.next_element(); ++index) {
            const auto event = document_.take(++record);
            writer_.at_record(record, document_.place());
            const std::string reason = event ? sample.write_event(index, *event) : std::string();
            if (!reason.empty()) document_.report(reason);
            if (stopped()) return;
        }
    }

    bool stopped() const { return document_.stopped() || writer_.stopped(); }

    JsonStream names_;
    Document document_;
    CommandWriter writer_;
    Layout layout_;
    bool has_events_ = false;
};

}  // namespace

const Importer& inspect_importer() {
    static const DocumentImporter<Log> importer("inspect", ".json");
    return importer;
}

}  // namespace skein::import
