// The rejection codes that do not belong to one kind: shape, fields, limits, idempotency, versions.
//
// Threads: constants. Source: interfaces section 9 (Commands).
#pragma once

#include <span>

#include "engine/domain/rejection.h"

namespace skein::domain::codes {

inline constexpr RejectionCode kInvalidJson{
    "invalid-json", RejectionClass::kInvalid,
    "The text is not one JSON document as RFC 8259 has it.",
    "Correct the text at the line and column named, then send it again."};
inline constexpr RejectionCode kInvalidField{"invalid-field", RejectionClass::kInvalid,
                                             "A field has the wrong type or a value out of range.",
                                             "Give the field as the message says it must be."};
inline constexpr RejectionCode kMissingField{"missing-field", RejectionClass::kInvalid,
                                             "A required field is absent.",
                                             "Add the field that the message names."};
inline constexpr RejectionCode kUnknownField{
    "unknown-field", RejectionClass::kInvalid,
    "The command has a field that its type does not know.",
    "Remove the field, or use the name that the message suggests."};
inline constexpr RejectionCode kUnknownCommand{
    "unknown-command", RejectionClass::kInvalid, "There is no command of this type.",
    "Use the type that the message suggests; `skein send --help` lists them all."};
inline constexpr RejectionCode kInvalidId{
    "invalid-id", RejectionClass::kInvalid,
    "An id is not 1 to 128 characters of A-Z a-z 0-9 . _ : ~ -, or is \".\", or holds \"..\".",
    "Use another id."};
inline constexpr RejectionCode kInvalidKey{"invalid-key", RejectionClass::kInvalid,
                                           "A key is not 1 to 512 bytes of UTF-8 without NUL.",
                                           "Use another key."};
inline constexpr RejectionCode kInvalidTime{"invalid-time", RejectionClass::kInvalid,
                                            "A time is not an RFC 3339 date-time.",
                                            "Write it like 2026-11-20T10:03:14Z."};
inline constexpr RejectionCode kInvalidPoint{
    "invalid-point", RejectionClass::kInvalid, "A point in history does not follow the grammar.",
    "Use @head, @VERSION, @pos:N, a time, @tag:NAME, @ckpt:NAME, @ev:UUID, @cmd:UUID or @step:ID."};
inline constexpr RejectionCode kPointOutOfRange{
    "point-out-of-range", RejectionClass::kNotFound,
    "The point lies outside the history of the stream, or its name is unknown there.",
    "Use a point within the range that the message names."};
inline constexpr RejectionCode kValueTooLarge{
    "value-too-large", RejectionClass::kInvalid, "A value is larger than a value may be.",
    "Split the value, or raise limits.value_bytes (SKEIN_LIMITS__VALUE_BYTES=64MiB)."};
inline constexpr RejectionCode kValueTooDeep{"value-too-deep", RejectionClass::kInvalid,
                                             "A value is nested deeper than a value may be.",
                                             "Flatten the value."};
inline constexpr RejectionCode kCommandTooLarge{
    "command-too-large", RejectionClass::kInvalid,
    "The text of a command is longer than one may be.",
    "Send it as several commands, or raise limits.command_bytes "
    "(SKEIN_LIMITS__COMMAND_BYTES=64MiB)."};
inline constexpr RejectionCode kEventTooLarge{
    "event-too-large", RejectionClass::kInvalid,
    "The command makes an event larger than one may be.",
    "Send it as several commands, or raise limits.event_bytes (SKEIN_LIMITS__EVENT_BYTES=64MiB)."};
inline constexpr RejectionCode kVariableTooLarge{
    "variable-too-large", RejectionClass::kInvalid,
    "What accumulates in one variable would pass its limit.",
    "Start another variable, or raise limits.variable_bytes "
    "(SKEIN_LIMITS__VARIABLE_BYTES=256MiB)."};
inline constexpr RejectionCode kCommandIdReused{
    "command-id-reused", RejectionClass::kInvalid,
    "The command id was used before in this scope, with other content.",
    "Use a new command_id for a new command; repeat the old content to get the old result."};
inline constexpr RejectionCode kVersionConflict{
    "version-conflict", RejectionClass::kConflict,
    "The stream is not at the expected version: somebody else wrote to it.",
    "Read the stream again, decide again, and send with its present version.", true};
inline constexpr RejectionCode kAlreadyExists{
    "already-exists", RejectionClass::kConflict,
    "The id is in use: a swarm or run is created once, and ids are not used again.",
    "Use another id, or go on with what is there."};
inline constexpr RejectionCode kEmptyCommand{
    "empty-command", RejectionClass::kInvalid, "The command asks for no change at all.",
    "Give at least one of the fields that the message names."};
inline constexpr RejectionCode kNoSuchStream{"no-such-stream", RejectionClass::kNotFound,
                                             "The stream named does not exist.",
                                             "Check the name; `skein ls` lists what there is."};
inline constexpr RejectionCode kAmbiguousName{"ambiguous-name", RejectionClass::kInvalid,
                                              "A short name fits several streams.",
                                              "Use one of the full names that the message lists."};
inline constexpr RejectionCode kInvalidResource{
    "invalid-resource", RejectionClass::kInvalid, "The text names no resource of a known kind.",
    "Use a form that the message lists, like swarm/S or swarm/S/run/R."};
inline constexpr RejectionCode kInvalidCondition{
    "invalid-condition", RejectionClass::kInvalid,
    "A --where condition does not follow its grammar.",
    "Write it like 'variables.budget < 100 and status = running'."};
inline constexpr RejectionCode kOverloaded{
    "overloaded", RejectionClass::kUnavailable, "The queue of waiting commands is full.",
    "Wait a little and send the command again with the same command_id."};
inline constexpr RejectionCode kReadOnly{
    "read-only", RejectionClass::kUnavailable, "The log cannot be written to at present.",
    "Send the command again with the same command_id once the log is back; reads go on."};
inline constexpr RejectionCode kClosed{
    "closed", RejectionClass::kUnavailable,
    "The store was closed, or the node shuts down: it takes no command any more.",
    "Open the store again, or name another node; then send it again with the same command_id."};
inline constexpr RejectionCode kShardElsewhere{
    "shard-elsewhere", RejectionClass::kUnavailable,
    "This node does not write the shard of the command at present.",
    "Send it again, with the same command_id, to the node that does; `skein --pg` finds that one."};
inline constexpr RejectionCode kDiskFull{
    "disk-full", RejectionClass::kUnavailable,
    "The disk of the log has no space left, so nothing more is written; reads go on.",
    "Free space, then send the same again: what has a command_id is not done twice."};

// All of the above.
std::span<const RejectionCode* const> general();

}  // namespace skein::domain::codes
