// Failures of what is around the store: each has a code that can be explained, and a full disk is
// told as one.
#include <sys/mount.h>

#include <fmt/format.h>
#include <catch2/catch.hpp>

#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

#include "engine/base/fault_codes.h"
#include "tests/unit/cli/terminal.h"
#include "tools/cli/bounded_input.h"
#include "tools/cli/cli.h"

using namespace skein;
using Catch::Contains;
using skein::test::Terminal;
using skein::test::Typed;

namespace {

// A small file system of its own; not held where this user may make none.
class SmallDisk {
 public:
    explicit SmallDisk(const std::string& path) : path_(path) {
        std::filesystem::create_directories(path_);
        is_held_ = ::mount("none", path_.c_str(), "tmpfs", 0, "size=3m") == 0;
    }
    ~SmallDisk() {
        if (is_held_) ::umount2(path_.c_str(), MNT_DETACH);
    }
    bool is_held() const { return is_held_; }
    void grow() { CHECK(::mount("none", path_.c_str(), nullptr, MS_REMOUNT, "size=64m") == 0); }

 private:
    const std::string path_;
    bool is_held_ = false;
};

std::string line_of(int number) {
    return fmt::format(
        R"({{"type":"UpdateContext","command_id":"01920000-0000-7000-8000-{:012}","swarm":"s",)"
        R"("run":"r","data":{{"updates":[{{"key":"k{}","op":"set","value":"{}"}}]}}}})",
        number, number % 10, std::string(4000, static_cast<char>('a' + number % 26)));
}

std::size_t count_of(const std::string& text, std::string_view part) {
    std::size_t count = 0;
    for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1))
        ++count;
    return count;
}

}  // namespace

TEST_CASE("cli: every fault has a code, which explain explains", "[unit][cli]") {
    std::set<std::string_view> names;
    for (const FaultCode* code : fault_codes::kAll) {
        CAPTURE(code->name);
        CHECK(names.insert(code->name).second);
        CHECK(code->cause.back() == '.');
        CHECK(code->remedy.back() == '.');
        std::istringstream in;
        std::ostringstream out;
        std::ostringstream err;
        cli::Cli cli({in, out, err}, standard_kinds());
        const int exit = cli.refuse(Fault(*code, "it failed"));
        CHECK(exit == cli::exit_of(*code));
        CHECK_THAT(err.str(), Contains(fmt::format("it failed ({})", code->name)));
        CHECK_THAT(err.str(), Contains(std::string(code->remedy)));
        Terminal terminal;
        const Typed typed = terminal.type({"explain", std::string(code->name)});
        CHECK(typed.exit == 0);
        CHECK_THAT(typed.out, Contains(fmt::format("exit {})", exit)));
    }
    for (const FaultKind kind : {FaultKind::kUnavailable, FaultKind::kOverloaded,
                                 FaultKind::kCorruption, FaultKind::kConfig, FaultKind::kMissing}) {
        CHECK(Fault(kind, "x").kind() == kind);
        CHECK(names.contains(Fault(kind, "x").code().name));
    }
}

TEST_CASE("cli: what the system says becomes a code", "[unit][cli]") {
    const auto name_of = [](std::errc error) { return code_of(std::make_error_code(error)).name; };
    CHECK(name_of(std::errc::no_space_on_device) == "disk-full");
    CHECK(name_of(std::errc::read_only_file_system) == "no-permission");
    CHECK(name_of(std::errc::permission_denied) == "no-permission");
    CHECK(name_of(std::errc::resource_unavailable_try_again) == "out-of-memory");
    CHECK(name_of(std::errc::io_error) == "unavailable");
}

TEST_CASE("send: a disk that fills up is told as one, and the file may be sent again",
          "[unit][cli]") {
    Terminal terminal;
    SmallDisk disk(terminal.path("store"));
    if (!disk.is_held()) return;
    REQUIRE(terminal.type({"send", "CreateSwarm", "--swarm", "s"}).exit == 0);
    REQUIRE(terminal.type({"send", "StartRun", "--swarm", "s", "--run", "r"}).exit == 0);
    constexpr int kLines = 1500;
    {
        std::ofstream file(terminal.path("commands"));
        for (int i = 1; i <= kLines; ++i) file << line_of(i) << '\n';
    }
    const Typed full = terminal.type({"send", "-f", terminal.path("commands")});
    CAPTURE(full.err);
    CHECK((full.exit == 5 || full.exit == 8));
    CHECK_THAT(full.err, Contains("No space left"));
    CHECK_THAT(full.err, Contains("Free space"));
    // With the last room gone, what is sent now is certainly not written.
    const std::string filler = terminal.path("store/filler");
    {
        std::ofstream rest(filler, std::ios::binary);
        while (rest.put('f').flush()) {
        }
    }
    const Typed one = terminal.type({"send", "PauseRun", "--swarm", "s", "--run", "r"});
    CHECK(one.exit == 5);
    CHECK_THAT(one.err, Contains("(disk-full)"));
    std::filesystem::remove(filler);
    disk.grow();
    const Typed again = terminal.type({"send", "-f", terminal.path("commands")});
    CHECK(again.exit == 0);
    CHECK(count_of(again.out, R"("duplicate":true)") >=
          count_of(full.out, R"("outcome":"accepted")"));
    CHECK(terminal.json({"show", "run/r"}).find("point")->find("version")->text() ==
          std::to_string(kLines + 1));
}

TEST_CASE("cli: lines are read up to a limit, and blocks make no difference", "[unit][cli]") {
    const std::string block((1 << 14) - 1, 'x');
    for (const std::string& line : {std::string(), std::string("a"), block, block + "y",
                                    block.substr(1), block + block + "z"}) {
        for (const char* end : {"", "\n", "\nrest"}) {
            std::istringstream in(line + end);
            std::string read;
            CAPTURE(line.size(), end);
            const bool is_there = !line.empty() || *end != 0;
            REQUIRE(cli::read_line(in, read, 100'000) ==
                    (is_there ? cli::LineRead::kLine : cli::LineRead::kEnd));
            CHECK(read == line);
            const bool has_rest = std::string(end) == "\nrest";
            REQUIRE(cli::read_line(in, read, 100'000) ==
                    (has_rest ? cli::LineRead::kLine : cli::LineRead::kEnd));
            CHECK(read == (has_rest ? "rest" : ""));
        }
    }
    for (const std::size_t size : {std::size_t{11}, block.size(), block.size() + 1}) {
        CAPTURE(size);
        std::istringstream in(std::string(size, 'x') + "\nnext\n");
        std::string read;
        CHECK(cli::read_line(in, read, 10) == cli::LineRead::kTooLong);
        cli::skip_line(in);
        CHECK(cli::read_line(in, read, 10) == cli::LineRead::kLine);
        CHECK(read == "next");
    }
}
