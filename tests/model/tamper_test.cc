// Logs that were changed behind skein's back: verify finds every change.
#include <catch2/catch.hpp>

#include "engine/replay/verify.h"
#include "tests/model/history.h"
#include "tests/model/tampered_log.h"

namespace skein::model {

namespace {

// A history whose events are changed one by one.
struct Tampering {
    explicit Tampering(std::uint64_t seed, std::uint64_t commands) : history(seed) {
        REQUIRE(history.play(commands).empty());
        shard = log::shard_of(history.engine().log, history.swarm_stream());
    }
    test::TamperedLog fresh() { return {history.engine().log, shard}; }
    std::vector<replay::Finding> findings_in(const test::TamperedLog& log) {
        return replay::verify_log(log, history.engine().codec, [](std::uint64_t) {}).findings;
    }
    bool is_found(const test::TamperedLog& log) { return !findings_in(log).empty(); }
    std::size_t findings_of(const test::TamperedLog& log, const Stream& stream) {
        return replay::verify_stream(log, history.engine().codec, stream).findings.size();
    }

    // What the findings are called after a change of the rows of one table.
    template <class Rows, class Change>
    std::vector<std::string> found_after(Rows& (test::TamperedLog::*table)(),
                                         const Change& change) {
        test::TamperedLog log = fresh();
        Rows& rows = (log.*table)();
        REQUIRE(rows.size() > 2);
        change(rows);
        std::vector<std::string> found;
        for (const auto& finding : findings_in(log)) found.push_back(finding.what);
        return found;
    }

    History history;
    Shard shard;
};

constexpr std::uint64_t kSeeds[] = {11, 12, 13};

// Flips each bit of `bytes` in turn; the positions (in bits) of those that `is_found` misses.
template <class IsFound>
std::vector<std::size_t> missed_flips(std::string& bytes, IsFound&& is_found) {
    std::vector<std::size_t> missed;
    for (std::size_t bit = 0; bit < bytes.size() * 8; ++bit) {
        const char mask = static_cast<char>(1U << (bit % 8));
        bytes[bit / 8] = static_cast<char>(bytes[bit / 8] ^ mask);
        if (!is_found()) missed.push_back(bit);
        bytes[bit / 8] = static_cast<char>(bytes[bit / 8] ^ mask);
    }
    return missed;
}

}  // namespace

TEST_CASE("verify: an untouched log has no findings [V-170]", "[model]") {
    for (const std::uint64_t seed : kSeeds) {
        Tampering tampering(seed, 30);
        CHECK_FALSE(tampering.is_found(tampering.fresh()));
        CHECK(tampering.findings_of(tampering.fresh(), tampering.history.swarm_stream()) == 0);
    }
}

TEST_CASE("verify: each flipped bit of an event is found [V-170]", "[model]") {
    for (const std::uint64_t seed : kSeeds) {
        CAPTURE(seed);
        Tampering tampering(seed, 8);
        test::TamperedLog log = tampering.fresh();
        auto& row = log.rows()[log.rows().size() / 2];
        CHECK(missed_flips(row.event.bytes, [&] { return tampering.is_found(log); }).empty());
    }
}

TEST_CASE("verify: each flipped bit of a stream's event is found by its stream alone [V-170]",
          "[model]") {
    Tampering tampering(kSeeds[0], 8);
    test::TamperedLog log = tampering.fresh();
    const Stream swarm = tampering.history.swarm_stream();
    const auto is_found = [&] { return tampering.findings_of(log, swarm) > 0; };
    CHECK(missed_flips(log.rows().front().event.bytes, is_found).empty());
}

TEST_CASE("verify: each flipped bit of a hash is found [V-170]", "[model]") {
    Tampering tampering(kSeeds[0], 8);
    test::TamperedLog log = tampering.fresh();
    for (auto& row : log.rows()) {
        CAPTURE(row.position.value());
        std::string hash(row.event.hash.view());
        const auto is_found = [&] {
            row.event.hash = hash_from_bytes(hash);
            return tampering.is_found(log);
        };
        CHECK(missed_flips(hash, is_found).empty());
        row.event.hash = hash_from_bytes(hash);
    }
}

TEST_CASE("verify: a removed event is found, wherever it stood [V-170]", "[model]") {
    for (const std::uint64_t seed : kSeeds) {
        Tampering tampering(seed, 30);
        const std::size_t count = tampering.fresh().rows().size();
        for (std::size_t i = 0; i < count; ++i) {
            CAPTURE(seed, i);
            test::TamperedLog gap = tampering.fresh();
            gap.rows().erase(gap.rows().begin() + static_cast<std::ptrdiff_t>(i));
            CHECK(tampering.is_found(gap));
            // The ones behind it moved up, so that no position is missing.
            test::TamperedLog closed = tampering.fresh();
            closed.rows().erase(closed.rows().begin() + static_cast<std::ptrdiff_t>(i));
            for (std::size_t k = i; k < closed.rows().size(); ++k)
                closed.rows()[k].position = Position(k + 1);
            CHECK(tampering.is_found(closed));
        }
    }
}

TEST_CASE("verify: two swapped events are found, with their hashes or without [V-170]", "[model]") {
    for (const std::uint64_t seed : kSeeds) {
        Tampering tampering(seed, 20);
        const std::size_t count = tampering.fresh().rows().size();
        for (std::size_t i = 0; i + 1 < count; ++i) {
            const std::size_t k = i + 1 + (i * 7 + seed) % (count - i - 1);
            CAPTURE(seed, i, k);
            test::TamperedLog with_hashes = tampering.fresh();
            std::swap(with_hashes.rows()[i].event, with_hashes.rows()[k].event);
            CHECK(tampering.is_found(with_hashes));
            test::TamperedLog bytes_alone = tampering.fresh();
            std::swap(bytes_alone.rows()[i].event.bytes, bytes_alone.rows()[k].event.bytes);
            CHECK(tampering.is_found(bytes_alone));
        }
    }
}

TEST_CASE("verify: a row of the stream index that is gone, moved or invented is found [V-170]",
          "[model]") {
    for (const std::uint64_t seed : kSeeds) {
        CAPTURE(seed);
        Tampering tampering(seed, 20);
        const auto found_after = [&](const auto& change) {
            return !tampering.found_after(&test::TamperedLog::index, change).empty();
        };
        CHECK_FALSE(found_after([](auto&) {}));
        CHECK(found_after([](auto& rows) { rows.erase(rows.begin() + 1); }));
        CHECK(found_after([](auto& rows) { rows[1].position = rows[1].position.next(); }));
        CHECK(found_after([](auto& rows) { std::swap(rows[0].position, rows[1].position); }));
        CHECK(found_after([](auto& rows) {
            auto more = rows.back();
            more.version = more.version.next();
            rows.push_back(more);
        }));
    }
}

TEST_CASE("verify: a receipt that is gone, edited or invented is found and named [V-170]",
          "[model]") {
    for (const std::uint64_t seed : kSeeds) {
        CAPTURE(seed);
        Tampering tampering(seed, 20);
        const auto found_after = [&](const auto& change) {
            return tampering.found_after(&test::TamperedLog::receipts, change);
        };
        const std::vector<std::string> one = {"receipt"};
        CHECK(found_after([](auto&) {}).empty());
        CHECK(found_after([](auto& rows) { std::swap(rows[0], rows[2]); }).empty());
        CHECK(found_after([](auto& rows) { rows.erase(rows.begin() + 1); }) == one);
        CHECK(found_after([](auto& rows) { ++rows[1].receipt.event_count; }) == one);
        CHECK(found_after([](auto& rows) { rows[1].receipt.event_count = 0; }) == one);
        CHECK(found_after([](auto& rows) { rows[1].receipt.first = Position(1'000'000); }) == one);
        CHECK_FALSE(found_after([](auto& rows) {
                        rows[1].receipt.first = rows[1].receipt.first.next();
                    }).empty());
        CHECK(found_after([](auto& rows) {
                  auto more = rows.back();
                  more.command_id = Uuid();
                  rows.push_back(more);
              }) == one);
        CHECK(found_after([](auto& rows) {
                  auto more = rows.back();
                  more.command_id = Uuid();
                  more.receipt.first = Position();
                  more.receipt.event_count = 0;
                  rows.push_back(more);
              }) == one);
    }
}

TEST_CASE("verify: an event written twice is found [V-170]", "[model]") {
    Tampering tampering(kSeeds[1], 20);
    // Not the last one: what stands beyond the head may be on its way.
    for (std::size_t i = 0; i + 1 < tampering.fresh().rows().size(); ++i) {
        CAPTURE(i);
        test::TamperedLog log = tampering.fresh();
        log.rows().insert(log.rows().begin() + static_cast<std::ptrdiff_t>(i), log.rows()[i]);
        for (std::size_t k = i; k < log.rows().size(); ++k)
            log.rows()[k].position = Position(k + 1);
        CHECK(tampering.is_found(log));
    }
}

}  // namespace skein::model
