// Inspect logs: a whole log with its samples, or one sample; see README.md for what becomes of it.
#include "tools/import/formats.h"

#include <set>

#include "engine/json/parse.h"
#include "tools/import/command_writer.h"
#include "tools/import/document.h"
#include "tools/import/document_importer.h"
#include "tools/import/inspect_sample.h"

namespace skein::import {
namespace {

// The final values of what the events tell step by step.
bool is_told_by_events(std::string_view key) { return key == "messages" || key == "store"; }

bool names_run(std::string_view key) { return key == "id" || key == "epoch"; }

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

    // The samples that the rehearsal found sound, where the document itself is.
    static Next write_rest(const Log& rehearsed, const std::filesystem::path& file, Sinks sinks) {
        if (!rehearsed.is_whole_ || rehearsed.layout_ == Layout::kSample) return Next::kContinue;
        Log log(file, sinks);
        log.left_out_ = rehearsed.broken_;
        return log.write();
    }

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
        if (stopped()) return Next::kStop;
        const Next next = document_.end();
        is_whole_ = in.ok();
        return next;
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
                write_element(++element_);
                if (stopped()) return;
            }
            names_.next_element();  // past the end of the array
        }
    }

    void write_element(std::uint64_t number) {
        JsonStream& in = document_.stream();
        if (left_out_.count(number) > 0) {
            in.skip();
            return names_.skip();
        }
        const std::uint64_t problems = document_.problems();
        if (in.peek() != '{') {
            if (document_.take(0)) document_.report("expected a sample, found another value");
            names_.skip();
        } else {
            write_sample();
        }
        if (document_.problems() > problems) broken_.insert(number);
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
        if (names_run(key)) {
            document_.take(0);  // known to names_; a broken one is reported here
            return;
        }
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
    std::uint64_t element_ = 0;  // of the array samples, from 1
    std::set<std::uint64_t> broken_;
    std::set<std::uint64_t> left_out_;
    bool is_whole_ = false;
    bool has_events_ = false;
};

}  // namespace

const Importer& inspect_importer() {
    static const DocumentImporter<Log> importer("inspect", ".json");
    return importer;
}

}  // namespace skein::import
