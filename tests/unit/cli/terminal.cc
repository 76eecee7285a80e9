#include "tests/unit/cli/terminal.h"

#include <catch2/catch.hpp>
#include <sstream>

#include "engine/json/parse.h"
#include "tools/cli/cli.h"

namespace skein::test {

Typed Terminal::type(std::vector<std::string> words, const std::string& input) {
    std::istringstream in(input);
    std::ostringstream out;
    std::ostringstream err;
    words.insert(words.begin(), {"--data", path("store")});
    const int exit = cli::run_cli(words, {in, out, err});
    return {exit, out.str(), err.str()};
}

json::Value Terminal::json(std::vector<std::string> words) {
    words.insert(words.begin(), "--json");
    const Typed typed = type(words);
    INFO(typed.err);
    REQUIRE(typed.exit == 0);
    const auto value = json::parse(typed.out);
    REQUIRE(value);
    return *value;
}

std::unique_ptr<Store> Terminal::open() const {
    StoreOptions options;
    options.directory = path("store");
    options.mode = OpenMode::kMustExist;
    options.projecting = Projecting::kOnDemand;
    return Store::open(options);
}

}  // namespace skein::test
