// Views of a process that was killed: a prefix of the log, from which they go on.
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>
#include <catch2/catch.hpp>

#include <random>

#include "tests/contract/temp_directory.h"
#include "tests/unit/projections/equals_fold.h"

namespace {

using namespace skein;
using test::Story;
using test::TempDirectory;

constexpr std::uint64_t kEvents = 700;

struct Plan {
    std::uint64_t seed = 0;
    std::string mode = "follow";
    std::string crash_at;          // name:count, or empty
    std::uint64_t kill_after = 0;  // lines; 0: only the crash point kills
};

// Runs the child until it dies; returns whether it was killed.
bool run_child(const std::string& directory, const Plan& plan) {
    int pipe_ends[2];
    REQUIRE(::pipe(pipe_ends) == 0);
    const pid_t child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0) {
        ::dup2(pipe_ends[1], STDOUT_FILENO);
        ::close(pipe_ends[0]);
        ::close(pipe_ends[1]);
        if (!plan.crash_at.empty()) ::setenv("SKEIN_CRASH_AT", plan.crash_at.c_str(), 1);
        const std::string seed = std::to_string(plan.seed);
        const std::string events = std::to_string(kEvents);
        ::execl(SKEIN_KILL_CHILD, SKEIN_KILL_CHILD, directory.c_str(), seed.c_str(), events.c_str(),
                plan.mode.c_str(), nullptr);
        ::_exit(127);
    }
    ::close(pipe_ends[1]);
    std::uint64_t lines = 0;
    char c = 0;
    while (::read(pipe_ends[0], &c, 1) == 1) {
        if (c == '\n' && ++lines == plan.kill_after) ::kill(child, SIGKILL);
    }
    ::close(pipe_ends[0]);
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    return WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
}

// The views in `directory` beside the whole story: first a prefix, then the fold.
void check_views(const std::string& directory, std::uint64_t seed) {
    Story story(seed);
    story.tell(kEvents);
    projections::ViewOptions options;
    options.directory = directory;
    const auto views = projections::Views::open(options, story.log(), story.codec());
    const auto failures = views->verify(std::nullopt, {});
    if (!failures.empty())
        UNSCOPED_INFO(failures[0].stream.str() << " " << failures[0].what << " "
                                               << failures[0].expected << " " << failures[0].found);
    CHECK(failures.empty());
    views->catch_up();
    CHECK(views->counters().rebuilds == 0);
    CHECK(test::difference_from_fold(*views, story, 67) == "");
    CHECK(views->verify(std::nullopt, {}).empty());
}

}  // namespace

TEST_CASE("views: killed at each crash point they are a prefix, and go on [V-20][V-171]") {
    const std::string point =
        GENERATE(as<std::string>{}, "view.before_write:40", "view.after_write:41",
                 "view.before_switch:1", "view.after_switch:1", "view.before_write:150");
    CAPTURE(point);
    TempDirectory directory;
    CHECK(run_child(directory.path(), {31, "follow", point, 0}));
    check_views(directory.path(), 31);
}

TEST_CASE("views: killed in a rebuild the old or the new generation is live [V-171]") {
    const std::string point =
        GENERATE(as<std::string>{}, "view.before_write:12", "view.after_write:14",
                 "view.before_switch:2", "view.after_switch:2", "view.after_switch:3");
    CAPTURE(point);
    TempDirectory directory;
    CHECK(run_child(directory.path(), {32, "rebuild", point, 0}));
    check_views(directory.path(), 32);
}

TEST_CASE("views: killed anywhere, again and again, they end as the fold [V-20][V-171]") {
    const std::uint64_t seed = std::random_device()();
    CAPTURE(seed);
    SeededRandom random(seed);
    for (int round = 0; round < 6; ++round) {
        TempDirectory directory;
        Plan plan;
        plan.seed = seed + static_cast<std::uint64_t>(round);
        plan.mode = round % 3 == 2 ? "rebuild" : "follow";
        plan.kill_after = 1 + random.below(plan.mode == "follow" ? 80 : 4);
        run_child(directory.path(), plan);  // may also have come to its end
        check_views(directory.path(), plan.seed);
    }
}
