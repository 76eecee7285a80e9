// Digests and sizes are kept as states change; here they are held against the documents, at every
// version of random histories.
#include "tests/unit/domain/given.h"

namespace skein::domain {

namespace {

// Random commands to runs r0..r3 of one swarm; many are rejected, which is as it should be.
class RandomHistory {
 public:
    explicit RandomHistory(std::uint64_t seed) : state_(seed * 2 + 1) {}

    void step(Story& story) {
        const std::string run = "r" + std::to_string(pick(4));
        const auto [type, data] = command();
        const std::string address = is_swarm_ ? "" : R"(,"run":")" + run + "\"";
        accepted_ += story.refusal(R"("type":")" + type + "\"" + address, data) == "accepted";
    }
    int accepted() const { return accepted_; }

 private:
    std::uint64_t pick(std::uint64_t count) {
        state_ = state_ * 6364136223846793005ULL + 1442695040888963407ULL;
        return (state_ >> 33) % count;
    }
    std::string key() { return "k" + std::to_string(pick(6)); }
    std::string value() {
        static const std::vector<std::string> values{"1",
                                                     "\"text\"",
                                                     "[1,2]",
                                                     "{\"a\":1}",
                                                     "{\"a\":{\"b\":[]},\"c\":null}",
                                                     "true",
                                                     "null",
                                                     "\"" + std::string(6000, 'y') + "\""};
        return values[pick(values.size())];
    }
    std::string update() {
        static const std::vector<std::string> ops{"set",    "append", "merge",
                                                  "append", "set",    "delete"};
        static const std::vector<std::string> more{"", "", "", R"(,"sensitivity":"pii")",
                                                   R"(,"area":"intermediate")"};
        const std::string op = ops[pick(ops.size())];
        const std::string given = op == "delete" ? "" : R"(,"value":)" + value();
        return R"({"key":")" + key() + R"(","op":")" + op + "\"" + given + more[pick(more.size())] +
               "}";
    }
    std::pair<std::string, std::string> command() {
        is_swarm_ = false;
        const std::string id = R"({"step":")" + key() + "\"";
        switch (pick(16)) {
            case 0: return {"StartRun", R"({"inputs":{"k0":)" + value() + "}}"};
            case 1: return {"StartRun", R"({"parent":"r0","limits":{"credits":3}})"};
            case 2: return {"ForkRun", R"({"source":"r0","at":"@head"})"};
            case 3: return {"StartStep", id + "}"};
            case 4: return {"CompleteStep", id + R"(,"output":)" + value() + "}"};
            case 5: return {"UpdateStep", id + R"(,"status":"blocked","detail":)" + value() + "}"};
            case 6: return {"RecordUsage", R"({"usage":{"credits":1.25}})"};
            case 7:
                return {"MarkForExport",
                        R"({"key":")" + key() + R"(","destination":"blackboard"})"};
            case 8: return {"TagRun", R"({"name":")" + key() + "\"}"};
            case 9: return {"MergeRun", R"({"source":"r1","strategy":"manual_review"})"};
            case 10: return {"RestoreRun", R"({"to":"@1"})"};
            case 11:
                is_swarm_ = true;
                return {"UpdateBlackboard",
                        R"({"set":[{"id":")" + key() + R"(","value":)" + value() + "}]}"};
            case 12: return {pick(2) == 0 ? "PauseRun" : "ResumeRun", "{}"};
            default: return {"UpdateContext", R"({"updates":[)" + update() + "," + update() + "]}"};
        }
    }

    std::uint64_t state_;
    int accepted_ = 0;
    bool is_swarm_ = false;
};

}  // namespace

TEST_CASE("digest: it is that of the document, at every version of random histories [V-26]",
          "[unit][run]") {
    for (std::uint64_t seed = 1; seed <= 4; ++seed) {
        CAPTURE(seed);
        Story story;
        RandomHistory history(seed);
        for (int i = 0; i < 150; ++i) {
            history.step(story);
            if (story.batch().empty()) continue;
            for (const char* name : {"r0", "r1", "r2", "r3"}) {
                if (!story.has(name)) continue;
                const auto run = story.now(name);
                if (!run->exists()) continue;
                CAPTURE(i, name);
                REQUIRE(run->digest() == digest_from_document(*run));
            }
            REQUIRE(story.swarm()->digest() == digest_from_document(*story.swarm()));
        }
        CHECK(history.accepted() > 50);
        story.check_replay();
    }
}

TEST_CASE("size: it follows the text of the document", "[unit][run]") {
    Story story;
    story.run("r").set("r", "k", "\"" + std::string(100'000, 'x') + "\"");
    const auto big = story.now("r");
    CHECK(big->size_bytes() > 100'000);
    CHECK(big->size_bytes() < 102'000);
    story.erase("r", "k");
    CHECK(story.now("r")->size_bytes() < 2'000);
}

}  // namespace skein::domain
