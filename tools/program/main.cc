#include <unistd.h>

#include <iostream>

#include "bench/bench.h"
#include "tools/cli/cli.h"
#include "tools/cli/standard_output.h"

int main(int argc, char** argv) {
    skein::cli::hold_standard_files();
    // Pipes are read and written in blocks; nothing here mixes C streams in.
    std::ios::sync_with_stdio(false);
    std::cin.tie(nullptr);
    skein::cli::StandardOutput output(STDOUT_FILENO);
    std::streambuf* const replaced = std::cout.rdbuf(&output);
    const skein::bench::Benches benches;
    const int exit = skein::cli::run_cli({argv + 1, argv + argc}, {std::cin, std::cout, std::cerr},
                                         skein::standard_kinds(), &benches);
    std::cout.rdbuf(replaced);  // it is flushed once more after main
    return exit;
}
