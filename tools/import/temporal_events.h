// TemporalRun: the events of one workflow history, each as exactly one command.
//
// Both spellings of a type name are read: `EVENT_TYPE_TIMER_FIRED` and `TimerFired`. An event that
// has no meaning of its own here, or none in its place (a second close of an activity), is appended
// to `history` as given, so that the version of the run is always the number of its events.
// Threads: one. Errors: write() returns why an event cannot be imported, else an empty text.
// Source: interfaces section 10.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "engine/json/value.h"
#include "tools/import/command_writer.h"

namespace skein::import {

// `TimerFired` for either spelling.
std::string plain_event_type(std::string_view type);

class TemporalRun {
 public:
    // `fallback_run` names the run where its first event does not.
    TemporalRun(CommandWriter& writer, std::string fallback_run)
        : writer_(writer), run_(std::move(fallback_run)) {}

    std::string write(const json::Value& value);

 private:
    enum class StepState { kScheduled, kStarted };
    struct Activity {
        std::string type;
        StepState state = StepState::kScheduled;
    };
    struct Event {
        const json::Value& whole;
        std::string type;
        json::Value attributes;
        CommandHead head;  // with run, actor and time
    };

    void start(Event& event);
    bool write_activity(Event& event);
    bool write_activity_end(Event& event);
    bool write_timer(Event& event);
    bool write_variable(Event& event);
    bool write_close(Event& event);
    void put(Event& event, std::string_view type, Members data);
    void update(Event& event, std::string key, std::string_view op, const json::Value& value);

    CommandWriter& writer_;
    std::string run_;
    bool started_ = false;
    bool closed_ = false;
    std::map<std::string, Activity> activities_;  // those still open, by scheduledEventId
};

}  // namespace skein::import
