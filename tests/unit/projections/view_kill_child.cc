// The process that view_kill_test kills: it tells a story by its seed, a few events at a time, and
// projects them; says "applied N" after each portion.
//
// usage: view_kill_child DIRECTORY SEED EVENTS follow|rebuild
#include <unistd.h>

#include <cstdlib>

#include "projections/query/views.h"
#include "tests/unit/projections/story.h"

namespace {

void say(const std::string& line) {
    if (::write(STDOUT_FILENO, line.data(), line.size()) < 0) ::_exit(3);
}

}  // namespace

int main(int count, char** arguments) {
    if (count != 5) return 2;
    skein::test::Story story(std::strtoull(arguments[2], nullptr, 10));
    const std::uint64_t events = std::strtoull(arguments[3], nullptr, 10);
    const bool rebuilds = std::string(arguments[4]) == "rebuild";
    skein::projections::ViewOptions options;
    options.directory = arguments[1];
    constexpr std::uint64_t kPortion = 7;
    if (rebuilds) story.tell(events);
    const auto views = skein::projections::Views::open(options, story.log(), story.codec());
    views->catch_up();
    say("open\n");
    while (rebuilds) {
        views->rebuild(skein::projections::Views::AfterRebuild::kSwitch, {});
        say("rebuilt\n");
    }
    for (std::uint64_t told = 0; told < events; told += kPortion) {
        story.tell(kPortion);
        views->catch_up();
        say("applied " + std::to_string(told + kPortion) + "\n");
    }
    return 0;
}
