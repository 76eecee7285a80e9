// The embedded log under SIGKILL, at random moments and at each crash point: nothing acknowledged
// is lost, nothing is there twice, and what was in doubt gets one answer.
#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <catch2/catch.hpp>
#include <cstring>
#include <iostream>

#include "engine/base/fault.h"
#include "engine/log/rocksdb/rocks_log.h"
#include "tests/contract/temp_directory.h"
#include "tests/log/numbered_commands.h"

namespace skein::log::test {

namespace {

constexpr std::uint32_t kShards = 4;
constexpr int kKillsPerStore = 25;

enum class Kill { kOpening, kWorking, kBeforeWrite, kAfterWrite, kBeforeReply };
constexpr std::array<const char*, 5> kKillNames = {"opening", "working", "log.before_write",
                                                   "log.after_write", "log.before_reply"};

struct Heard {
    std::array<std::uint64_t, kShards> tried{};
    std::array<std::uint64_t, kShards> acknowledged{};
    std::uint64_t acknowledgements = 0;
};

struct Tally {
    std::array<std::uint64_t, kKillNames.size()> kills{};
    std::uint64_t acknowledged = 0;
    std::uint64_t stood = 0;  // in doubt and written
    std::uint64_t anew = 0;   // in doubt and not written
    std::vector<std::string> problems;
};

// kill(2) has no durability of its own to test, so memory will do where there is some.
std::filesystem::path fast_directory() {
    const std::filesystem::path memory = "/dev/shm";
    return ::access(memory.c_str(), W_OK) == 0 ? memory : std::filesystem::temp_directory_path();
}

class Child {
 public:
    Child(const std::string& directory, const std::array<std::uint64_t, kShards>& next,
          const std::string& crash_at) {
        int ends[2];
        REQUIRE(::pipe2(ends, O_CLOEXEC) == 0);
        std::vector<std::string> words = {SKEIN_KILL_CHILD, directory};
        for (const std::uint64_t number : next) words.push_back(std::to_string(number));
        std::vector<char*> arguments;
        for (std::string& word : words) arguments.push_back(word.data());
        arguments.push_back(nullptr);
        const std::string setting = "SKEIN_CRASH_AT=" + crash_at;
        std::array<char*, 2> environment = {const_cast<char*>(setting.c_str()), nullptr};
        process_ = ::fork();
        REQUIRE(process_ >= 0);
        if (process_ == 0) {
            ::dup2(ends[1], STDOUT_FILENO);
            ::execve(arguments[0], arguments.data(), environment.data());
            ::_exit(6);
        }
        ::close(ends[1]);
        pipe_ = ends[0];
    }
    ~Child() {
        ::close(pipe_);
        if (!is_reaped_) reap();
    }
    Child(const Child&) = delete;
    Child& operator=(const Child&) = delete;

    void kill() const { ::kill(process_, SIGKILL); }
    // Reads until `lines` lines have come, or the process has ended.
    void hear(Heard& heard, std::uint64_t lines) {
        std::array<char, 4096> buffer;
        while (lines_ < lines) {
            const ssize_t count = ::read(pipe_, buffer.data(), buffer.size());
            if (count <= 0) return;
            text_.append(buffer.data(), static_cast<std::size_t>(count));
            std::size_t end = 0;
            while ((end = text_.find('\n')) != std::string::npos) {
                take(heard, text_.substr(0, end));
                text_.erase(0, end + 1);
            }
        }
    }
    // Whether it was killed, rather than ended by itself.
    bool reap() {
        int status = 0;
        ::waitpid(process_, &status, 0);
        is_reaped_ = true;
        return WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
    }

 private:
    void take(Heard& heard, const std::string& line) {
        ++lines_;
        unsigned shard = 0;
        unsigned long long number = 0;
        char what = 0;
        if (std::sscanf(line.c_str(), "%c %u %llu", &what, &shard, &number) != 3) return;
        if (shard >= kShards) return;
        if (what == 'T') heard.tried[shard] = number;
        if (what == 'A') {
            heard.acknowledged[shard] = number;
            ++heard.acknowledgements;
        }
    }

    pid_t process_ = -1;
    int pipe_ = -1;
    bool is_reaped_ = false;
    std::uint64_t lines_ = 0;
    std::string text_;
};

class KillTest {
 public:
    explicit KillTest(std::uint64_t seed) : random_(seed) {}

    Tally run(std::uint64_t kills) {
        for (std::uint64_t i = 0; i < kills && tally_.problems.empty(); ++i) {
            if (i % kKillsPerStore == 0) {
                directory_ = std::make_unique<skein::test::TempDirectory>(fast_directory());
                done_.fill(0);
            }
            kill_once(static_cast<Kill>(i % kKillNames.size()));
        }
        return tally_;
    }

 private:
    std::string store() const { return directory_->path() + "/log"; }

    void kill_once(Kill how) {
        const bool at_point = how != Kill::kOpening && how != Kill::kWorking;
        const std::string crash_at =
            at_point ? fmt::format("{}:{}", kKillNames[static_cast<std::size_t>(how)],
                                   1 + random_.below(60))
                     : std::string();
        std::array<std::uint64_t, kShards> next{};
        for (std::uint32_t s = 0; s < kShards; ++s) next[s] = done_[s] + 1;
        Heard heard;
        heard.acknowledged = done_;
        Child child(store(), next, crash_at);
        if (how == Kill::kOpening) {
            child.hear(heard, 1);
            ::usleep(static_cast<useconds_t>(random_.below(12000)));  // anywhere in the opening
            child.kill();
        } else if (how == Kill::kWorking) {
            child.hear(heard, 2 + random_.below(300));
            ::usleep(static_cast<useconds_t>(random_.below(300)));
            child.kill();
        }
        child.hear(heard, ~0ULL);
        if (child.reap()) {
            ++tally_.kills[static_cast<std::size_t>(how)];
        } else {
            tally_.problems.push_back(fmt::format("a child ended by itself, {}",
                                                  kKillNames[static_cast<std::size_t>(how)]));
        }
        tally_.acknowledged += heard.acknowledgements;
        check(heard);
    }

    void check(const Heard& heard) {
        RocksLogOptions options;
        options.directory = store();
        options.mode = OpenMode::kCreate;  // it may have died before there was a store
        options.shard_count = kShards;
        try {
            const auto log = RocksLog::open(options, random_);
            for (std::uint32_t s = 0; s < kShards; ++s) {
                done_[s] = heard.acknowledged[s];
                if (heard.tried[s] > done_[s]) retry(*log, Shard(s), heard.tried[s]);
                const std::string problem = problem_of_commands(*log, Shard(s), done_[s]);
                if (!problem.empty()) tally_.problems.push_back(problem);
            }
            const Walk checked = walk(*log);
            if (!checked.problem.empty()) tally_.problems.push_back(checked.problem);
        } catch (const Fault& fault) {
            tally_.problems.push_back(fault.what());
        }
    }

    void retry(RocksLog& log, Shard shard, std::uint64_t number) {
        const AppendResult result = log.append_one(numbered_batch(log, shard, number));
        if (result.outcome == BatchOutcome::kAppended) {
            ++tally_.anew;
        } else if (result.commands[0].verdict == Verdict::kDuplicate) {
            ++tally_.stood;
        } else {
            tally_.problems.push_back("no answer to what was in doubt");
        }
        done_[shard.value()] = number;
    }

    SeededRandom random_;
    Tally tally_;
    std::unique_ptr<skein::test::TempDirectory> directory_;
    std::array<std::uint64_t, kShards> done_{};
};

std::uint64_t number_from_environment(const char* name, std::uint64_t otherwise) {
    const char* text = std::getenv(name);
    return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

}  // namespace

TEST_CASE("log: no kill loses or doubles what was acknowledged [V-170]", "[kill][log]") {
    const std::uint64_t kills = number_from_environment("SKEIN_KILLS", 300);
    const std::uint64_t seed = number_from_environment("SKEIN_SEED", 20261121);
    const Tally tally = KillTest(seed).run(kills);
    std::string classes;
    for (std::size_t i = 0; i < kKillNames.size(); ++i) {
        classes += fmt::format(" {} {}", kKillNames[i], tally.kills[i]);
    }
    std::cout << fmt::format(
        "kill: seed {}, kills:{}; {} acknowledged, {} problems; in doubt: {} stood, {} anew\n",
        seed, classes, tally.acknowledged, tally.problems.size(), tally.stood, tally.anew);
    for (const std::string& problem : tally.problems) UNSCOPED_INFO(problem);
    CHECK(tally.problems.empty());
    // A class of kills that never fired has shown nothing.
    for (std::size_t i = 0; i < kKillNames.size(); ++i) {
        INFO(kKillNames[i]);
        CHECK(tally.kills[i] > 0);
    }
    CHECK(tally.acknowledged > kills);
    CHECK(tally.stood > 0);
    CHECK(tally.anew > 0);
}

}  // namespace skein::log::test
