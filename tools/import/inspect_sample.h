// InspectSample: the events of one sample of an Inspect log as commands of its run.
//
// Spans are steps under their id (`~2`, `~3` where an id repeats), steps of older logs under
// `step-<index of the event that begins it>`; an older end closes the innermost open one. The state
// document and the store are mirrored here, so that each patch becomes `set` and `delete` of the
// members it touches: `state.<member>`, `store.<key>`.
// Threads: one. Errors: write_event() returns why an event cannot be imported, else an empty text.
// Source: interfaces section 10; RFC 6902.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "engine/json/value.h"
#include "tools/import/command_writer.h"

namespace skein::import {

class InspectSample {
 public:
    InspectSample(CommandWriter& writer, std::string run);

    void start();
    // `index` is that of the event in its sample, from 0.
    std::string write_event(std::uint64_t index, const json::Value& event);
    // Any other member of the sample, as variable `key`.
    void write_member(const std::string& key, const json::Value& value);
    void complete();

 private:
    // A document that patches change, and the prefix of the variables that show it.
    struct Mirror {
        std::string prefix;
        json::Value document;
    };

    void begin_step(const json::Value& event, std::string id, std::string_view type);
    void end_step(const json::Value& event, std::vector<std::string>::iterator id);
    bool write_span(std::uint64_t index, const json::Value& event, const std::string& kind);
    std::string write_changes(const json::Value& event, Mirror& mirror);
    void write_initial(const json::Value& event);
    std::vector<Update> replace(Mirror& mirror, const json::Value& document) const;
    void append(const json::Value& event, std::string_view key);
    CommandHead head(const json::Value& event, std::string_view type);

    CommandWriter& writer_;
    std::string run_;
    std::string time_;                          // of the event at hand
    std::map<std::string, std::size_t> begun_;  // how often each span id began
    std::vector<std::string> open_ids_;         // of the open steps, the innermost last
    std::vector<std::string> open_steps_;       // their steps, in the same order
    Mirror state_;
    Mirror store_;
};

}  // namespace skein::import
