// Random documents from a seed, and random spellings of one document that all mean the same.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine/base/random.h"
#include "engine/json/value.h"

namespace skein::json {

class RandomDocuments {
 public:
    explicit RandomDocuments(std::uint64_t seed) : random_(seed) {}

    std::uint64_t below(std::uint64_t bound) { return random_.below(bound); }
    // Few keys and few numbers, so that two documents have much in common.
    Value document(std::size_t depth_max = 4);
    // One or more places of `value` changed.
    Value changed(const Value& value);
    std::string string();  // unescaped
    double number();
    // The document with other white space, escapes, key order and spellings of numbers.
    std::string spelled(const Value& value);

 private:
    std::string spelled_string(const std::string& text);
    std::string spelled_number(const Value& number);
    std::string space();

    SeededRandom random_;
};

}  // namespace skein::json
