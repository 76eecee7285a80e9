// A throwaway Kafka broker for tests that are no C++: says on stdout where it answers, and ends
// with its standard input.
#include <iostream>

#include "tests/servers/kafka_broker.h"

int main() {
    const skein::test::KafkaBroker broker;
    std::cout << broker.address() << std::endl;
    while (std::cin.get() != std::char_traits<char>::eof()) continue;
    return 0;
}
