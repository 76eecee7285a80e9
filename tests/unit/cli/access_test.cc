// A store that may only be read: exit 5, and what to do about it.
#include <sys/mount.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <filesystem>

#include "tests/unit/cli/terminal.h"

using skein::test::Terminal;
using skein::test::Typed;

namespace {

namespace fs = std::filesystem;

// A directory that cannot be written, for root by a mount; not held where neither can be had.
class ReadOnly {
 public:
    explicit ReadOnly(const std::string& path) : path_(path) {
        const char* name = path_.c_str();
        is_mounted_ =
            ::mount(name, name, nullptr, MS_BIND, nullptr) == 0 &&
            ::mount(nullptr, name, nullptr, MS_BIND | MS_REMOUNT | MS_RDONLY, nullptr) == 0;
        if (!is_mounted_) fs::permissions(path_, fs::perms::owner_read | fs::perms::owner_exec);
    }
    ~ReadOnly() {
        if (is_mounted_) ::umount2(path_.c_str(), MNT_DETACH);
        if (!is_mounted_) fs::permissions(path_, fs::perms::owner_all);
    }
    bool is_held() const { return is_mounted_ || ::geteuid() != 0; }

 private:
    const std::string path_;
    bool is_mounted_ = false;
};

}  // namespace

TEST_CASE("cli: a store in a read-only directory is unavailable, and says what to do") {
    Terminal terminal;
    REQUIRE(terminal.type({"send", "CreateSwarm", "--swarm", "s"}).exit == 0);
    const ReadOnly read_only(terminal.path("store/log"));
    if (!read_only.is_held()) return;
    const Typed typed = terminal.type({"send", "StartRun", "--swarm", "s", "--run", "r"});
    CHECK(typed.exit == 5);
    CHECK(typed.err.find("cannot be written") != std::string::npos);
    CHECK(typed.err.find("write access") != std::string::npos);
}
