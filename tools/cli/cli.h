// The command line: what every command shares. One file a command beside this one.
//
// A command declares itself (name, summary, options, examples; cli_command.h): that tree is the one
// table from which help, man page, completion and reference are made. stdout carries data
// alone; notices, progress and errors go to stderr.
// Threads: one thread, but for the callbacks of pipelined sends. Errors: commands return exit codes
// (interfaces section 4); Rejections and Faults become messages with cause and next step.
// Source: interfaces section 4.
#pragma once

#include <functional>
#include <iosfwd>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/base/fault.h"
#include "engine/json/value.h"
#include "tools/cli/cli_command.h"
#include "tools/library/store.h"

namespace skein::cli {

// interfaces section 4.
enum ExitCode : int {
    kOk = 0,
    kNegative = 1,
    kUsage = 2,
    kNotFound = 3,
    kRejected = 4,
    kUnavailable = 5,
    kCorruption = 6,
    kDenied = 7,
    kTimeout = 8,
    kBehind = 9,
    kInterrupted = 130,
};

enum class Format { kText, kJson, kJsonLines, kCsv };

struct Streams {
    std::istream& in;
    std::ostream& out;
    std::ostream& err;
};

// What the command line itself refuses; `skein explain` knows these as well.
struct UsageCode {
    std::string_view name;
    std::string_view cause;
    std::string_view remedy;  // where the refusal brings none of its own
    int exit = kUsage;
};
inline constexpr UsageCode kWrongUsage{
    "wrong-usage", "What was typed is not what the command takes, or does not fit what is there.",
    "`skein COMMAND --help` shows what it takes."};
inline constexpr UsageCode kUnreadableInput{
    "unreadable-input", "The file or stream that a command was told to read cannot be read.",
    "Check the path and its permissions."};
inline constexpr UsageCode kBrokenRecord{
    "broken-record", "A record of an imported file is not what its format says it must be.",
    "Mend it and import it again; --continue goes on with the rest.", kRejected};
inline constexpr UsageCode kNoRows{
    "no-rows", "CSV has rows and columns, and what this command prints has none.",
    "Take -o json; `skein ls`, `skein views ls` and `skein parked ls` print CSV."};
inline constexpr const UsageCode* kUsageCodes[] = {&kWrongUsage, &kUnreadableInput, &kBrokenRecord,
                                                   &kNoRows};

enum class Colour { kBold, kRed, kGreen, kYellow };

class Benchmarks;
class Pager;
class UnpackedBundle;

class Cli {
 public:
    Cli(Streams streams, Kinds kinds, const Benchmarks* benchmarks = nullptr);
    ~Cli();
    Cli(const Cli&) = delete;
    Cli& operator=(const Cli&) = delete;

    const Kinds& kinds() const { return kinds_; }
    const domain::Registry& registry() const { return *kinds_.registry; }
    // What `skein bench` runs; null where the program has none.
    const Benchmarks* benchmarks() const { return benchmarks_; }
    Streams& io() { return streams_; }
    std::ostream& out() { return streams_.out; }
    std::ostream& err() { return streams_.err; }
    Format format() const;
    // Colours and pagers are for terminals alone, and never where NO_COLOR says no.
    bool is_coloured() const;
    // The text in colour where there are colours.
    std::string paint(Colour shade, std::string_view text) const;
    bool has_terminal_errors() const;  // stderr is a terminal
    // What is printed from now on goes through the pager, where stdout is a terminal.
    void page();

    // Opens the store of --data. Reading commands give kMustExist: they never make one.
    Store& open(OpenMode mode, Projecting projecting = Projecting::kOnDemand);

    // The store of what follows is the bundle of --bundle, unpacked for as long as this lives.
    void unpack_bundle();

    // One JSON document on a line of stdout.
    void print(const json::Value& document);
    // The same with -o json; text for people otherwise.
    void print_or_show(const json::Value& document);
    // "error: what", "cause: why", "next: what to type" on stderr; returns the exit code of its
    // class.
    int refuse(const domain::Rejection& rejection);
    int refuse(const Fault& fault);
    int refuse_usage(std::string_view what, std::string_view next);  // wrong-usage
    int refuse_usage(const UsageCode& code, std::string_view what, std::string_view next = {});
    int refuse_absent(std::string_view what, std::string next);  // not-there
    // `exit`, or that of output that could not be written to its end, which is said then.
    int refuse_lost_output(int exit);

    // What the global options said.
    std::string data = ".skein";
    std::string pg;      // the DSN of a Postgres log; empty: the embedded store
    std::string kafka;   // brokers; empty: no bus
    std::string bundle;  // read in place of a store; empty: none
    std::string output;  // of -o; empty: text
    bool is_json = false;
    std::string colour = "auto";

 private:
    Streams streams_;
    const Kinds kinds_;
    const Benchmarks* const benchmarks_;
    const bool has_terminal_;       // stdout is a terminal, also while a pager stands before it
    std::unique_ptr<Pager> pager_;  // outlives the store: the reader may take his time
    std::unique_ptr<UnpackedBundle> unpacked_;
    std::unique_ptr<Store> store_;
};

int exit_of(const FaultCode& code);

// A command's work, run after parsing; returns the exit code.
using Action = std::function<int()>;

// Adds one subcommand to `app`; `set` keeps the action of the one that was typed.
using SetAction = std::function<void(Action)>;
struct CommandEntry {
    void (*add)(CliCommand app, Cli& cli, const SetAction& set);
};
// Every command, in the order of the help.
const std::vector<CommandEntry>& commands();

// Parses and runs; the whole program but for main(). `kinds` is all that the store may hold.
int run_cli(const std::vector<std::string>& arguments, Streams streams,
            const Kinds& kinds = standard_kinds(), const Benchmarks* benchmarks = nullptr);

}  // namespace skein::cli
