// The broker of the tests does what they rely on: it answers, stops, dies, stands still, comes
// back.
#include "tests/servers/kafka_broker.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <catch2/catch.hpp>
#include <chrono>
#include <csignal>
#include <filesystem>

#include "tests/waiting/comes_true.h"

namespace skein::test {

namespace {

enum class Answer { kRefused, kSilent, kGiven };

int connect_to(const std::string& address) {
    const int connection = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    to.sin_port =
        htons(static_cast<std::uint16_t>(std::stoi(address.substr(address.find(':') + 1))));
    if (::connect(connection, reinterpret_cast<const sockaddr*>(&to), sizeof to) == 0)
        return connection;
    ::close(connection);
    return -1;
}

// What becomes of the smallest request there is: ApiVersions, version 0.
Answer ask(const std::string& address) {
    const int connection = connect_to(address);
    if (connection < 0) return Answer::kRefused;
    const std::array<unsigned char, 14> request = {0, 0, 0, 10, 0, 18, 0, 0, 0, 0, 0, 1, 0, 0};
    REQUIRE(::send(connection, request.data(), request.size(), MSG_NOSIGNAL) == 14);
    pollfd watched{connection, POLLIN, 0};
    const bool has_come = ::poll(&watched, 1, 1000) == 1;
    std::array<char, 4> size{};
    const bool is_read = has_come && ::recv(connection, size.data(), size.size(), 0) == 4;
    ::close(connection);
    return is_read ? Answer::kGiven : Answer::kSilent;
}

}  // namespace

TEST_CASE("broker: it answers, stops, dies, stands still and comes back at its address",
          "[kafka]") {
    KafkaBroker broker;
    const std::string address = broker.address();
    CHECK(ask(address) == Answer::kGiven);
    broker.pause();
    CHECK(ask(address) == Answer::kSilent);
    broker.resume();
    CHECK(ask(address) == Answer::kGiven);
    broker.kill();
    CHECK(ask(address) == Answer::kRefused);
    broker.start();
    CHECK(broker.address() == address);
    CHECK(ask(address) == Answer::kGiven);
    broker.stop();
    CHECK(ask(address) == Answer::kRefused);
    CHECK_FALSE(broker.is_running());
    broker.start();
    CHECK(ask(address) == Answer::kGiven);
}

TEST_CASE("broker: a wrong setting is told with its log", "[kafka]") {
    try {
        const KafkaBroker broker({"process.roles=nobody"});
        FAIL("it started");
    } catch (const std::runtime_error& error) {
        CHECK_THAT(error.what(), Catch::Contains("nobody"));
    }
}

TEST_CASE("broker: it ends with the test, also where that is killed", "[kafka]") {
    int ends[2];
    REQUIRE(::pipe2(ends, O_CLOEXEC) == 0);
    const pid_t child = ::fork();
    if (child == 0) {
        const KafkaBroker broker;
        const std::string place = broker.address() + " " + broker.directory();
        if (::write(ends[1], place.data(), place.size()) > 0) ::pause();
        ::_exit(1);
    }
    ::close(ends[1]);
    std::array<char, 256> buffer{};
    const ssize_t size = ::read(ends[0], buffer.data(), buffer.size());
    ::close(ends[0]);
    ::kill(child, SIGKILL);
    ::waitpid(child, nullptr, 0);
    REQUIRE(size > 0);
    const std::string place(buffer.data(), static_cast<std::size_t>(size));
    std::filesystem::remove_all(place.substr(place.find(' ') + 1));
    CHECK(comes_true([&] { return ask(place.substr(0, place.find(' '))) == Answer::kRefused; }));
}

}  // namespace skein::test
