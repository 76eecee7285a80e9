#include "engine/json/digest.h"

#include <catch2/catch.hpp>
#include <string>
#include <utility>
#include <vector>

#include "engine/base/bytes.h"
#include "engine/base/hash.h"
#include "engine/json/parse.h"
#include "tests/unit/json/random_documents.h"

using namespace skein;
using namespace skein::json;

namespace {

Value read(std::string_view text) {
    auto value = parse(text);
    REQUIRE(value);
    return *value;
}

// One node as the header writes it, put together by hand.
Digest node(std::uint64_t path, char tag, std::string_view bytes) {
    std::string tagged(1, tag);
    tagged.append(bytes);
    const Xxh128 hash = xxh3_128(tagged, path);
    return {hash.low, hash.high};
}

std::string le(std::uint64_t number) {
    std::string out;
    put_u64_le(out, number);
    return out;
}

std::uint64_t child(std::uint64_t path, std::string_view key) { return xxh3_64(key, path ^ 'k'); }
std::uint64_t child(std::uint64_t path, std::uint64_t index) {
    return xxh3_64(le(index), path ^ 'i');
}

}  // namespace

TEST_CASE("digest: the worked example of the header [C-07]", "[unit][json]") {
    const std::uint64_t a = child(0, "a");
    const std::uint64_t e = child(a, std::uint64_t{0});
    Digest expected = node(0, '{', le(1));
    expected += node(a, '[', le(2));
    expected += node(e, '#', le(2));
    expected += node(child(e, std::uint64_t{0}), 's', "xy");
    expected += node(child(a, std::uint64_t{1}), 'd', "1");
    const Digest found = digest(Path(), read("{\"a\":[\"xy\",1]}"));
    CHECK(found == expected);
    CHECK(found.hex() == "cfaf43a9ef420934aab126a1a6d690cb");
    CHECK(Digest{1, 2}.hex() == "00000000000000020000000000000001");
}

TEST_CASE("digest: a long string is hashed in blocks of its escaped text [C-07]", "[unit][json]") {
    std::string text(kDigestBlock - 1, 'x');
    std::string escaped = text;
    text.append("\nyyyyyyyyyy");
    escaped.append("\\nyyyyyyyyyy");
    Digest expected = node(0, '#', le(escaped.size()));
    expected += node(child(0, std::uint64_t{0}), 's', escaped.substr(0, kDigestBlock));
    expected += node(child(0, std::uint64_t{1}), 's', escaped.substr(kDigestBlock));
    CHECK(digest(Path(), Value::string(text)) == expected);
    CHECK(digest(Path(), Value::string(text).chunked()) == expected);
    CHECK(digest(Path(), Value::string("")) == node(0, '#', le(0)));
}

TEST_CASE("digest: equal documents have equal digests, others have others [C-07]", "[unit][json]") {
    const std::uint64_t seed = 21;
    INFO("seed " << seed);
    RandomDocuments documents(seed);
    for (int round = 0; round < 2000; ++round) {
        const Value before = documents.document();
        const Value after = documents.changed(before);
        INFO(before.text() << " and " << after.text());
        REQUIRE((digest(Path(), before) == digest(Path(), after)) == (before == after));
        REQUIRE(digest(Path(), before) == digest(Path(), read(documents.spelled(before))));
    }
    const std::vector<std::string> alike{"[]",
                                         "{}",
                                         "null",
                                         "\"\"",
                                         "0",
                                         "false",
                                         "[[]]",
                                         "[{}]",
                                         "[\"a\",\"b\"]",
                                         "[\"b\",\"a\"]",
                                         "{\"a\":\"b\"}",
                                         "{\"b\":\"a\"}",
                                         "{\"0\":\"a\"}",
                                         "[\"a\"]",
                                         "\"a\"",
                                         "{\"a\\n\":1}",
                                         "{\"an\":1}",
                                         "[null]",
                                         "[\"null\"]"};
    for (std::size_t i = 0; i < alike.size(); ++i) {
        for (std::size_t k = 0; k < i; ++k) {
            INFO(alike[i] << " and " << alike[k]);
            CHECK(digest(Path(), read(alike[i])) != digest(Path(), read(alike[k])));
        }
    }
}

TEST_CASE("digest: a document's digest is the sum of its parts at their paths [C-07]",
          "[unit][json]") {
    const std::uint64_t seed = 22;
    INFO("seed " << seed);
    RandomDocuments documents(seed);
    for (int round = 0; round < 500; ++round) {
        const Value value = documents.document();
        INFO(value.text());
        if (!value.is_array() && !value.is_object()) continue;
        Digest sum = container_digest(Path(), value.type(), value.count());
        std::uint64_t i = 0;
        for (const Value& element : value.elements()) sum += digest(Path().index(i++), element);
        for (const auto& [key, member] : value.members()) sum += digest(Path().key(key), member);
        REQUIRE(sum == digest(Path(), value));
    }
}

TEST_CASE("digest: kept up under random appends it equals one made from scratch [V-05] [C-07]",
          "[unit][json]") {
    const std::uint64_t seed = 23;
    INFO("seed " << seed);
    RandomDocuments documents(seed);
    const Path path = Path().key("variables").key("k");
    for (int round = 0; round < 40; ++round) {
        const bool array = round % 2 == 0;
        Value value = array ? Value::array({}) : Value::string("");
        if (documents.below(3) == 0 && !array)
            value = Value::string(std::string(kDigestBlock * documents.below(3), 'q'));
        Digest sum = digest(path, value);
        for (int i = 0; i < 60; ++i) {
            std::string text = documents.string();
            if (documents.below(4) == 0) text.append(documents.below(10000), 'w');
            if (documents.below(12) == 0) text.assign(kDigestBlock, 'b');
            Value added = Value::string(text);
            if (array && documents.below(2) == 0) added = documents.document(3);
            if (documents.below(2) == 0) added = added.chunked();
            digest_append(sum, path, value, added);
            value = value.appended(added);
            REQUIRE(sum == digest(path, value));
            REQUIRE(sum == digest(path, Value::from_canonical(value.text())));
        }
    }
}

TEST_CASE("digest: what is added can be taken away [C-07]", "[unit][json]") {
    const Digest one = digest(Path(), read("{\"a\":1}"));
    Digest sum = one;
    sum += digest(Path().key("b"), read("[1,2,\"x\"]"));
    CHECK(sum != one);
    sum -= digest(Path().key("b"), read("[1,2,\"x\"]"));
    CHECK(sum == one);
}
