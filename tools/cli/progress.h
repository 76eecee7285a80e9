// Progress of a long job, on stderr: one line that is drawn anew on a terminal, a plain line every
// ten seconds elsewhere.
//
//     verifying  [########------------]  42 %  420000 of 1000000 events  98000/s  ETA 6 s
//
// A report is also where Ctrl-C takes effect: it throws Interrupted, and the job unwinds.
// Threads: one. Errors: Interrupted. Source: interfaces section 4 (long jobs).
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <iosfwd>
#include <string>
#include <string_view>

namespace skein::cli {

class Cli;

// Ctrl-C; caught where the program ends with exit code 130.
struct Interrupted {
    std::string next;  // what to type to go on
};

enum class Surface { kTerminal, kPlain };

struct ProgressOptions {
    std::string_view unit = "events";  // "bytes" are shown as MiB
    std::string next = "Begin again.";
    Surface surface = Surface::kPlain;
    std::function<std::chrono::steady_clock::time_point()> now = std::chrono::steady_clock::now;
};

class Progress {
 public:
    // On stderr of the program.
    Progress(Cli& cli, std::string_view unit, std::string next);
    Progress(std::ostream& out, ProgressOptions options);
    ~Progress();  // clears the terminal's line
    Progress(const Progress&) = delete;
    Progress& operator=(const Progress&) = delete;

    // `total` 0: nobody knows. Cheap: what it prints is bounded by time. A new `what` begins anew.
    void show(std::string_view what, std::uint64_t done, std::uint64_t total);
    // The same, and throws Interrupted after Ctrl-C.
    void report(std::string_view what, std::uint64_t done, std::uint64_t total);
    // Takes the line off the terminal, for what is printed next.
    void clear();
    void set_unit(std::string_view unit) { options_.unit = unit; }

 private:
    using Time = std::chrono::steady_clock::time_point;
    std::string line(std::uint64_t done, std::uint64_t total, Time now) const;

    std::ostream* out_;
    ProgressOptions options_;
    std::string what_;
    Time started_{};
    Time printed_{};
    bool is_drawn_ = false;
};

}  // namespace skein::cli
