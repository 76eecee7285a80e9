#include "engine/domain/command.h"

#include <fmt/format.h>

#include <algorithm>

#include "engine/base/utf8.h"
#include "engine/domain/codes.h"
#include "engine/domain/fields.h"
#include "engine/domain/kind.h"
#include "engine/json/writer.h"

namespace skein::domain {

namespace {

Rejection unknown_command(const Registry& registry, const std::string& type) {
    const std::string_view near = registry.nearest_command(type);
    json::ObjectWriter context;
    context.member_text("field", "/type");
    std::string message = fmt::format("There is no command {}.", type);
    if (!near.empty()) {
        message += fmt::format(" Did you mean {}?", near);
        context.member_text("suggestion", near);
    }
    return reject(codes::kUnknownCommand, std::move(message), context.value());
}

// The ids of the address, in the order of the kind's segments. An address of another kind is
// refused by its name, since no other field is likely to be meant.
std::vector<std::string> read_address(Fields& top, const Registry& registry, const Kind& kind) {
    std::vector<std::string> ids;
    for (const std::string_view segment : kind.segments) {
        ids.push_back(top.id(segment, Presence::kRequired).value_or(""));
    }
    for (const Kind& other : registry.kinds()) {
        for (const std::string_view segment : other.segments) {
            const bool ours = std::find(kind.segments.begin(), kind.segments.end(), segment) !=
                              kind.segments.end();
            if (ours || !top.has(segment)) continue;
            json::ObjectWriter context;
            context.member_text("field", "/" + std::string(segment));
            top.refuse(reject(codes::kUnknownField,
                              fmt::format("/{} does not address a {}.", segment, kind.name),
                              context.value()));
        }
    }
    return ids;
}

void read_origin(Fields& top, Command& command) {
    command.actor = top.text("actor", Presence::kOptional).value_or("");
    command.reason = top.long_text("reason", Presence::kOptional).value_or("");
    command.occurred_at = top.time("occurred_at", Presence::kOptional);
    command.traceparent = top.text("traceparent", Presence::kOptional).value_or("");
    command.causation_id = top.uuid("causation_id", Presence::kOptional);
    command.correlation_id = top.uuid("correlation_id", Presence::kOptional);
    const auto ack = top.one_of("ack", Presence::kOptional, {"log", "view"});
    command.ack = ack == 1U ? Ack::kView : Ack::kLog;
}

std::string content_of(const Command& command, const json::Value& data) {
    json::ObjectWriter out;
    out.member("data", data);
    if (command.expected_version) {
        out.member_number("expected_version", command.expected_version->value());
    }
    out.member_text("stream", command.stream.str());
    out.member_text("type", command.spec->type);
    return out.text();
}

}  // namespace

Result<Command, Rejection> parse_command(const json::Value& document, const Registry& registry,
                                         const Limits& limits, const Uuid& fallback_id) {
    // Documents that a program made itself have passed no parser.
    if (!is_utf8(document.text()))
        return fail(reject(codes::kInvalidJson, "a text in the command is not UTF-8"));
    Fields top(document, "", limits);
    const auto type = top.text("type", Presence::kRequired);
    if (!type) return fail(*top.finish());
    Command command;
    command.spec = registry.find_command(*type);
    if (command.spec == nullptr) return fail(unknown_command(registry, *type));

    const Kind& kind = *registry.find_kind(command.spec->kind);
    const auto ids = read_address(top, registry, kind);
    const Presence id_presence = fallback_id.is_nil() ? Presence::kRequired : Presence::kOptional;
    command.id = top.uuid("command_id", id_presence).value_or(fallback_id);
    if (const auto version = top.whole_number("expected_version", Presence::kOptional)) {
        command.expected_version = Version(*version);
    }
    read_origin(top, command);
    const auto given = top.nested("data", Presence::kOptional);
    if (auto problem = top.finish()) return fail(*std::move(problem));

    command.stream = make_stream(kind, ids);
    const json::Value data = given.value_or(json::Value::object({}));
    Fields fields(data, "/data", limits);
    auto body = command.spec->parse(fields);
    if (!body) return fail(std::move(body.error()));
    if (auto problem = fields.finish()) return fail(*std::move(problem));
    command.body = *std::move(body);
    command.content = content_of(command, data);
    return command;
}

std::optional<Uuid> command_id_of(const json::Value& document) {
    const auto id = document.is_object() ? document.find("command_id") : std::nullopt;
    const auto text = id ? id->as_string() : std::nullopt;
    return text ? Uuid::parse(*text) : std::nullopt;
}

}  // namespace skein::domain
