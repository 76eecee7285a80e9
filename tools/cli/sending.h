// One command on its way: what `send` and the shorthands share.
//
// Threads: one. Errors: exit codes. Source: interfaces sections 2 and 4.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "tools/cli/cli.h"
#include "tools/cli/pipeline.h"

namespace skein::cli {

// Options of every command that writes.
struct Envelope {
    std::string command_id;
    std::string actor;
    std::string reason;
    std::string ack;
};
void add_envelope_options(CliCommand sub, Envelope& envelope);

using Members = std::vector<std::pair<std::string, json::Value>>;
// Adds a text that is there.
void add_text(Members& members, std::string_view name, const std::string& text);
void add_envelope(Members& members, const Envelope& envelope);

enum class SendMode { kDo, kDryRun };
// Prints the result, and on stderr why a command was rejected.
int send_command(Cli& cli, Store& store, Members members, SendMode mode = SendMode::kDo);
// The answer to a document that is no command, which needs no store; nothing where it is one.
std::optional<Outcome> refusal_of(Cli& cli, const json::Value& command);
int exit_of(const Outcome& outcome);
// Of many commands: the exit code after one more answer. Where the rest is sent in spite of a
// rejection, the whole was rejected in part, whatever the class.
int exit_after(int exit, const Outcome& outcome, OnRejection on_rejection);
int report(Cli& cli, const Outcome& outcome);

// A name for the present point of a run, given by the command `type`.
struct Naming {
    std::string address;
    std::string_view type;
    Members data;
};
int send_naming(Cli& cli, Naming naming, const Envelope& envelope);

// The members of a command addressed to `stream`: {"swarm":"s1","run":"r1"}.
Members address_of(const Stream& stream);
// "@12" of "run/r1@12"; "@head" where there is no point.
std::string point_text(const std::string& address);

}  // namespace skein::cli
