#include "tools/cli/progress.h"

#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <chrono>
#include <csignal>
#include <optional>
#include <sstream>

#include "tools/cli/interrupt.h"

using namespace skein::cli;
using namespace std::chrono_literals;

namespace {

// A job whose clock stands until it is moved.
class Job {
 public:
    explicit Job(Surface surface, std::string_view unit = "events") {
        ProgressOptions options;
        options.surface = surface;
        options.unit = unit;
        options.now = [this] { return time_; };
        progress_.emplace(out_, options);
    }
    void report(std::string_view what, std::uint64_t done, std::uint64_t total) {
        progress_->report(what, done, total);
    }
    void wait(std::chrono::seconds seconds) { time_ += seconds; }
    void end() { progress_.reset(); }
    // What was printed since this was asked last.
    std::string printed() {
        std::string text = out_.str();
        out_.str("");
        return text;
    }

 private:
    std::chrono::steady_clock::time_point time_{std::chrono::seconds(1000)};
    std::ostringstream out_;
    std::optional<Progress> progress_;
};

}  // namespace

TEST_CASE("progress: where stderr is no terminal, a plain line comes every ten seconds",
          "[unit][cli]") {
    Job job(Surface::kPlain);
    job.report("verifying", 0, 1000);
    job.wait(9s);
    job.report("verifying", 90, 1000);
    CHECK(job.printed().empty());
    job.wait(1s);
    job.report("verifying", 250, 1000);
    job.report("verifying", 260, 1000);
    CHECK(job.printed() ==
          "verifying  [#####---------------]  25 %  250 of 1000 events  25/s  ETA 30 s\n");
    job.wait(10s);
    job.report("verifying", 1000, 1000);
    job.end();
    CHECK(job.printed() ==
          "verifying  [####################] 100 %  1000 of 1000 events  50/s  ETA 0 s\n");
}

TEST_CASE("progress: on a terminal one line is drawn anew, and cleared at the end", "[unit][cli]") {
    Job job(Surface::kTerminal, "bytes");
    job.report("copying", 0, 4U << 20);
    job.wait(1s);
    job.report("copying", 1U << 20, 4U << 20);
    const std::string line = job.printed();
    CHECK(line == "\rcopying  [#####---------------]  25 %  1.0 of 4.0 MiB  1.0/s  ETA 3 s\033[K");
    job.report("copying", 2U << 20, 4U << 20);
    CHECK(job.printed().empty());  // not more often than anybody can read
    job.end();
    CHECK(job.printed() == "\r\033[K");
}

TEST_CASE("progress: without a known total there are count and rate; a new job begins anew",
          "[unit][cli]") {
    Job job(Surface::kPlain);
    job.report("copying", 0, 10);
    job.wait(9s);
    job.report("importing", 0, 0);
    job.wait(10s);
    job.report("importing", 500, 0);
    CHECK(job.printed() == "importing  500 events  50/s\n");
}

TEST_CASE("progress: after Ctrl-C a job unwinds, and says how to go on", "[unit][cli]") {
    constexpr int kUnwound = 42;
    // In a process of its own: an interruption is for good.
    const pid_t process = ::fork();
    REQUIRE(process >= 0);
    if (process == 0) {
        catch_interrupts();
        std::ostringstream out;
        ProgressOptions options;
        options.next = "Begin again.";
        Progress progress(out, options);
        progress.report("verifying", 1, 10);
        ::raise(SIGINT);
        progress.show("verifying", 2, 10);
        try {
            progress.report("verifying", 3, 10);
        } catch (const Interrupted& interrupted) {
            ::_exit(interrupted.next == "Begin again." ? kUnwound : 1);
        }
        ::_exit(2);
    }
    int status = 0;
    REQUIRE(::waitpid(process, &status, 0) == process);
    CHECK(WIFEXITED(status));
    CHECK(WEXITSTATUS(status) == kUnwound);
}
