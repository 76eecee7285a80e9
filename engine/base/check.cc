#include "engine/base/check.h"

#include <cstdio>
#include <cstdlib>

namespace skein {

void check_failed(const char* file, int line, const char* condition, const std::string& text) {
    std::fprintf(stderr, "%s:%d: invariant broken: %s: %s\n", file, line, condition, text.c_str());
    std::abort();
}

}  // namespace skein
