#include "tools/cli/progress.h"

#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <csignal>
#include <sstream>

#include "tools/cli/interrupt.h"

using namespace skein::cli;

namespace {

// A clock that stands until it is moved.
struct Hand {
    std::chrono::steady_clock::time_point time{std::chrono::seconds(1000)};
    ProgressOptions options(Surface surface, std::string_view unit = "events") {
        ProgressOptions made;
        made.surface = surface;
        made.unit = unit;
        made.now = [this] { return time; };
        return made;
    }
};

}  // namespace

TEST_CASE("progress: where stderr is no terminal, a plain line comes every ten seconds",
          "[unit][cli]") {
    Hand hand;
    std::ostringstream out;
    {
        Progress progress(out, hand.options(Surface::kPlain));
        progress.report("verifying", 0, 1000);
        hand.time += std::chrono::seconds(9);
        progress.report("verifying", 90, 1000);
        CHECK(out.str().empty());
        hand.time += std::chrono::seconds(1);
        progress.report("verifying", 250, 1000);
        progress.report("verifying", 260, 1000);
        CHECK(out.str() ==
              "verifying  [#####---------------]  25 %  250 of 1000 events  25/s  ETA 30 s\n");
        out.str("");
        hand.time += std::chrono::seconds(10);
        progress.report("verifying", 1000, 1000);
    }
    CHECK(out.str() ==
          "verifying  [####################] 100 %  1000 of 1000 events  50/s  ETA 0 s\n");
}

TEST_CASE("progress: on a terminal one line is drawn anew, and cleared at the end", "[unit][cli]") {
    Hand hand;
    std::ostringstream out;
    {
        Progress progress(out, hand.options(Surface::kTerminal, "bytes"));
        progress.report("copying", 0, 4U << 20);
        hand.time += std::chrono::seconds(1);
        progress.report("copying", 1U << 20, 4U << 20);
        CHECK(out.str() ==
              "\rcopying  [#####---------------]  25 %  1.0 of 4.0 MiB  1.0/s  ETA 3 s\033[K");
        progress.report("copying", 2U << 20, 4U << 20);
        CHECK(out.str().size() < 100);
        out.str("");
    }
    CHECK(out.str() == "\r\033[K");
}

TEST_CASE("progress: without a known total there are count and rate; a new job begins anew",
          "[unit][cli]") {
    Hand hand;
    std::ostringstream out;
    Progress progress(out, hand.options(Surface::kPlain));
    progress.report("copying", 0, 10);
    hand.time += std::chrono::seconds(9);
    progress.report("importing", 0, 0);
    hand.time += std::chrono::seconds(10);
    progress.report("importing", 500, 0);
    CHECK(out.str() == "importing  500 events  50/s\n");
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
