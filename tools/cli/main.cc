#include <iostream>

#include "tools/cli/cli.h"

int main(int argc, char** argv) {
    return skein::cli::run_cli({argv + 1, argv + argc}, {std::cin, std::cout, std::cerr});
}
