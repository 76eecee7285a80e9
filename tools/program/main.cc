#include <iostream>

#include "bench/bench.h"
#include "tools/cli/cli.h"

int main(int argc, char** argv) {
    // Pipes are read and written in blocks; nothing here mixes C streams in.
    std::ios::sync_with_stdio(false);
    std::cin.tie(nullptr);
    const skein::bench::Benches benches;
    return skein::cli::run_cli({argv + 1, argv + argc}, {std::cin, std::cout, std::cerr},
                               skein::standard_kinds(), &benches);
}
