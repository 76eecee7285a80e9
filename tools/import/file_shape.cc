#include "tools/import/file_shape.h"

#include <array>

#include <fmt/format.h>

#include "tools/import/json_stream.h"

namespace skein::import {
namespace {

using Marks = unsigned;
constexpr Marks kTaskId = 1U << 0;
constexpr Marks kTrial = 1U << 1;
constexpr Marks kTraj = 1U << 2;
constexpr Marks kTrajectory = 1U << 3;
constexpr Marks kHistory = 1U << 4;
constexpr Marks kQuestion = 1U << 5;
constexpr Marks kSamples = 1U << 6;
constexpr Marks kTransactions = 1U << 7;
constexpr Marks kType = 1U << 8;
constexpr Marks kSwarm = 1U << 9;
// Of the first element of an array: that of `events` for the first, of any for the second.
constexpr Marks kEvent = 1U << 10;
constexpr Marks kEventType = 1U << 11;
constexpr Marks kNoEvents = 1U << 12;  // `events` is an empty array

constexpr char kAnyValue = '\0';

struct Member {
    std::string_view name;
    char opening;  // the first character of its value
    Marks mark;
};
constexpr std::array<Member, 10> kMembers{{{"task_id", kAnyValue, kTaskId},
                                           {"trial", kAnyValue, kTrial},
                                           {"traj", '[', kTraj},
                                           {"trajectory", '[', kTrajectory},
                                           {"history", '[', kHistory},
                                           {"question", kAnyValue, kQuestion},
                                           {"samples", '[', kSamples},
                                           {"txns", '[', kTransactions},
                                           {"type", '"', kType},
                                           {"swarm", '"', kSwarm}}};

struct Rule {
    std::string_view format;
    Marks has;
    Marks lacks = 0;             // known only once the whole document was read
    std::string_view note = {};  // what else than the members of kMembers
};
// Any rule of a format makes a file of it; the first says what others lack. Registry commands have
// no swarm, and SetGlobal only a type.
constexpr std::array<Rule, 11> kRules{
    {{"tau-bench", kTaskId | kTrial | kTraj},
     {"swe-agent", kTrajectory, 0, " (or history without a question)"},
     {"swe-agent", kHistory, kQuestion},
     {"who-and-when", kHistory | kQuestion},
     {"inspect", kSamples, 0, " (or events with the member event)"},
     {"inspect", kEvent},
     {"inspect", kNoEvents, kEventType},
     {"temporal", kEventType, 0, "events with the member eventType"},
     {"editing-traces", kTransactions},
     {"jsonl", kType | kSwarm},
     {"jsonl", kType}}};

struct Shape {
    Marks seen = 0;
    bool is_whole = false;
};

bool fits(const Rule& rule, const Shape& shape) {
    if ((shape.seen & rule.has) != rule.has) return false;
    return rule.lacks == 0 || (shape.is_whole && (shape.seen & rule.lacks) == 0);
}

bool fits(std::string_view format, const Shape& shape) {
    for (const Rule& rule : kRules) {
        if (rule.format == format && fits(rule, shape)) return true;
    }
    return false;
}

const Rule& first_rule(std::string_view format) {
    for (const Rule& rule : kRules) {
        if (rule.format == format) return rule;
    }
    return kRules.back();
}

// Empty where no format is recognised.
std::string_view format_of(const Shape& shape) {
    for (const Rule& rule : kRules) {
        if (fits(rule, shape)) return rule.format;
    }
    return {};
}

Marks mark_of(std::string_view name, char opening) {
    for (const Member& member : kMembers) {
        if (member.name == name && (member.opening == kAnyValue || member.opening == opening))
            return member.mark;
    }
    return 0;
}

// The object at the cursor; anything else is skipped.
Marks look_at_element(JsonStream& in) {
    Marks seen = 0;
    if (in.peek() != '{') {
        in.skip();
        return seen;
    }
    in.enter_object();
    while (const auto key = in.next_member()) {
        if (*key == "event") seen |= kEvent;
        if (*key == "eventType") seen |= kEventType;
        in.skip();
    }
    return seen;
}

void skip_elements(JsonStream& in) {
    while (in.next_element()) in.skip();
}

// The array at the cursor, to its end. Temporal has events in batches, too: arrays in the array.
Marks look_at_array(JsonStream& in, std::string_view name) {
    const bool is_events = name == "events";
    in.enter_array();
    if (!in.next_element()) return is_events && in.ok() ? kNoEvents : 0;
    Marks seen = 0;
    if (in.peek() == '[') {
        in.enter_array();
        if (in.next_element()) {
            seen = look_at_element(in);
            skip_elements(in);
        }
    } else {
        seen = look_at_element(in);
    }
    skip_elements(in);
    return is_events ? seen : seen & ~kEvent;
}

// Of the first document of the file, as far as it takes to see that it is of this format.
Shape shape_of(JsonStream& in, std::string_view format) {
    Shape shape;
    in.enter_object();
    while (const auto key = in.next_member()) {
        const char opening = in.peek();
        shape.seen |= mark_of(*key, opening);
        if (fits(format, shape)) return shape;
        if (opening == '[')
            shape.seen |= look_at_array(in, *key);
        else
            in.skip();
    }
    shape.is_whole = in.ok();
    return shape;
}

// What a file of the rule's format has and this one has not.
std::string missing(const Rule& rule, const Shape& shape) {
    std::string names;
    for (const Member& member : kMembers) {
        if ((rule.has & ~shape.seen & member.mark) == 0) continue;
        if (!names.empty()) names += ", ";
        names += member.name;
    }
    names += rule.note;
    return names;
}

}  // namespace

std::optional<Problem> refusal_of(const Importer& importer, const std::filesystem::path& file) {
    const bool is_document = importer.layout() == FileLayout::kDocument;
    std::error_code ignored;
    if (!std::filesystem::is_regular_file(file, ignored)) {
        if (!is_document) return std::nullopt;
        return Problem{{file.string()},
                       "no regular file, and a document is read twice: write it to a file first"};
    }
    JsonStream in(file);
    const std::string_view format = importer.format();
    const Shape shape = shape_of(in, format);
    if (fits(format, shape)) return std::nullopt;
    const Rule& wanted = first_rule(format);
    const std::string_view other = format_of(shape);
    const bool may_fit = !shape.is_whole || (!is_document && (shape.seen & wanted.has) != 0);
    if (other.empty() && may_fit) return std::nullopt;
    std::string reason = fmt::format("no {} file: missing {}", format, missing(wanted, shape));
    if (!other.empty())
        reason += fmt::format("; it looks like {}: did you mean `skein import {}`?", other, other);
    return Problem{{file.string(), in.line()}, std::move(reason)};
}

}  // namespace skein::import
