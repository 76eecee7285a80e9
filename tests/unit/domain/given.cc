#include "tests/unit/domain/given.h"

#include <fmt/format.h>

#include "engine/json/parse.h"

namespace skein::domain {

namespace {

Story::Opening opening_of(const std::vector<Line>& lines) {
    const bool is_own =
        !lines.empty() && (lines.front().head == "nothing" || lines.front().head == "CreateSwarm");
    return is_own ? Story::Opening::kNothing : Story::Opening::kSwarm;
}

// `"type":"StartRun","run":"r"` and the further members.
std::string head_of(const Line& line) {
    const std::size_t space = line.head.find(' ');
    const std::string type = line.head.substr(0, space);
    std::string head = fmt::format(R"("type":"{}")", type);
    if (space != std::string::npos)
        head += fmt::format(R"(,"run":"{}")", line.head.substr(space + 1));
    return head + line.rest;
}

json::Value without(const json::Value& object, const std::vector<std::string_view>& names) {
    std::vector<std::pair<std::string, json::Value>> kept;
    object.for_each_member([&](std::string_view key, const json::Value& value) {
        for (const std::string_view name : names) {
            if (key == name) return;
        }
        kept.emplace_back(key, value);
    });
    return json::Value::object(std::move(kept));
}

json::Value each_without(const json::Value& object, const std::vector<std::string_view>& names) {
    std::vector<std::pair<std::string, json::Value>> kept;
    object.for_each_member([&](std::string_view key, const json::Value& value) {
        kept.emplace_back(key, without(value, names));
    });
    return json::Value::object(std::move(kept));
}

// Runs go by their id, so that one more does not move the others.
json::Value runs_by_id(const json::Value& list) {
    std::vector<std::pair<std::string, json::Value>> runs;
    list.for_each_element([&](const json::Value& line) {
        runs.emplace_back(*line.find("run")->as_string(), *line.find("status"));
    });
    return json::Value::object(std::move(runs));
}

json::Value covered(const std::string& name, const json::Value& member) {
    if (name == "variables" || name == "intermediate") {
        return each_without(member, {"version", "source", "actor"});
    }
    if (name == "board") return each_without(member, {"version", "actor", "expires_at"});
    if (name == "runs") return runs_by_id(member);
    return member;
}

}  // namespace

Given::Given(const std::vector<Line>& lines) : story_(opening_of(lines)), outcome_(NewEvents{}) {
    for (const Line& line : lines) {
        if (line.head != "nothing") story_.accept(head_of(line), line.data);
    }
}

Given& Given::when(const Line& line) {
    outcome_ = story_.send(head_of(line), line.data);
    return *this;
}

Given& Given::then_events(const std::vector<std::string>& types) {
    INFO((outcome_ ? "accepted" : outcome_.error().message));
    REQUIRE(outcome_.has_value());
    std::vector<std::string> found;
    for (const NewEvent& event : *outcome_) found.emplace_back(event.body->type().name);
    CHECK(found == types);
    return *this;
}

Given& Given::then_data(std::string_view json) {
    REQUIRE(outcome_.has_value());
    REQUIRE(outcome_->size() == 1);
    CHECK(outcome_->front().body->data().text() == json);
    return *this;
}

Given& Given::then_rejected(std::string_view code) {
    REQUIRE_FALSE(outcome_.has_value());
    CHECK(outcome_.error().code->name == code);
    CHECK_FALSE(outcome_.error().message.empty());
    CHECK(outcome_.error().context.is_object());
    return *this;
}

std::string Given::shown(const std::string& run, const std::string& member) {
    const auto found = story_.now(run)->document({}).find(member);
    return found ? found->text() : "absent";
}

Given given(const std::vector<Line>& lines) { return Given(lines); }

json::Digest digest_from_document(const State& state) {
    const auto document = json::parse(state.document({}).text());
    REQUIRE(document);
    std::vector<std::pair<std::string, json::Value>> members;
    for (auto& [name, member] : document->members()) {
        if (name == "started_at" || name == "updated_at" || name == "created_at") continue;
        members.emplace_back(name, covered(name, member));
    }
    return json::digest(json::Path(), json::Value::object(std::move(members)));
}

}  // namespace skein::domain
