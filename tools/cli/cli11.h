// The names of CLI11 that headers need, without its code.
//
// Threads: none. Errors: none.
#pragma once

// NOLINTNEXTLINE(readability-identifier-naming): the library's own name.
namespace CLI {
class App;
class Option;
}  // namespace CLI
