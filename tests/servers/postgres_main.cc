// A throwaway Postgres server for tests that are no C++: says on stdout how it is reached, and ends
// with its standard input.
#include <iostream>

#include "tests/servers/postgres_server.h"

int main() {
    const skein::test::PostgresServer server;
    std::cout << server.dsn("postgres") << std::endl;
    while (std::cin.get() != std::char_traits<char>::eof()) continue;
    return 0;
}
