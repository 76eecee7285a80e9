#include "tests/servers/kafka_broker.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <random>
#include <sstream>
#include <stdexcept>
#include <thread>

namespace skein::test {

namespace {

// A start takes 5 s on an idle machine; a restart after SIGKILL waits for the old session too.
constexpr const char* kStartSecondsMax = "120";
constexpr std::chrono::seconds kStopMax{30};

bool is_free(int port) {
    const int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    const int one = 1;
    ::setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    const bool is_bound =
        ::bind(listener, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
    ::close(listener);
    return is_bound;
}

// Below the range from which the kernel takes ports for outgoing connections: while the broker is
// down, nobody else gets its port.
int free_port() {
    std::random_device random;
    while (true) {
        const int port = 10000 + static_cast<int>(random() % 10000);
        if (is_free(port)) return port;
    }
}

// Starts a program that ends with this one, its output appended to `log`.
pid_t spawn(const std::vector<std::string>& command, const std::string& log) {
    std::vector<char*> arguments;
    for (const std::string& argument : command)
        arguments.push_back(const_cast<char*>(argument.c_str()));
    arguments.push_back(nullptr);
    const pid_t child = ::fork();
    if (child < 0) throw std::runtime_error("fork failed");
    if (child > 0) return child;
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    ::setsid();  // Ctrl-C is for the test
    const int out = ::open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0644);
    const int in = ::open("/dev/null", O_RDONLY);
    if (out < 0 || in < 0) ::_exit(126);
    ::dup2(in, 0);
    ::dup2(out, 1);
    ::dup2(out, 2);
    for (int fd = 3; fd < 1024; ++fd) ::close(fd);
    ::execvp(arguments[0], arguments.data());
    ::_exit(127);
}

}  // namespace

KafkaBroker& KafkaBroker::shared() {
    static KafkaBroker broker;
    return broker;
}

KafkaBroker::KafkaBroker(std::vector<std::string> properties)
    : properties_(std::move(properties)),
      client_port_(free_port()),
      controller_port_(free_port()),
      other_port_(free_port()) {
    std::string name = "/tmp/skein_kafka_XXXXXX";
    if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("mkdtemp failed");
    directory_ = name;
    try {
        start();
    } catch (...) {
        remove_directory();
        throw;
    }
}

KafkaBroker::~KafkaBroker() {
    signal_and_wait(SIGKILL);  // nobody reads what it keeps
    remove_directory();
}

void KafkaBroker::remove_directory() const {
    std::error_code ignored;
    std::filesystem::remove_all(directory_, ignored);
}

std::string KafkaBroker::address() const { return "127.0.0.1:" + std::to_string(client_port_); }

std::string KafkaBroker::other_address() const {
    return "127.0.0.1:" + std::to_string(other_port_);
}

std::string KafkaBroker::with_ports(std::string property) const {
    const std::pair<std::string, int> ports[] = {
        {"{client}", client_port_}, {"{controller}", controller_port_}, {"{other}", other_port_}};
    for (const auto& [name, port] : ports) {
        for (std::size_t at = 0; (at = property.find(name)) != std::string::npos;)
            property.replace(at, name.size(), std::to_string(port));
    }
    return property;
}

std::string KafkaBroker::partition_directory(const std::string& topic, int partition) const {
    return directory_ + "/log/" + topic + "-" + std::to_string(partition);
}

void KafkaBroker::start() {
    if (process_ > 0) return;
    const std::string tools = SKEIN_SERVER_TOOLS;
    std::vector<std::string> command = {tools + "/kafka_broker.sh", directory_,
                                        std::to_string(client_port_),
                                        std::to_string(controller_port_)};
    for (const std::string& property : properties_) command.push_back(with_ports(property));
    const std::string log = directory_ + "/output";
    process_ = spawn(command, log);
    const pid_t waiter = spawn({"python3", tools + "/kafka_answers.py", address(), "--wait",
                                kStartSecondsMax, "--process", std::to_string(process_)},
                               log);
    int status = 0;
    if (::waitpid(waiter, &status, 0) == waiter && status == 0) return;
    signal_and_wait(SIGKILL);
    throw std::runtime_error("the broker did not start:\n" + log_tail());
}

void KafkaBroker::stop() { signal_and_wait(SIGTERM); }

void KafkaBroker::kill() { signal_and_wait(SIGKILL); }

void KafkaBroker::pause() {
    if (process_ <= 0) return;
    ::kill(process_, SIGSTOP);
    ::waitpid(process_, nullptr, WUNTRACED);  // until all of its threads stand still
}

void KafkaBroker::resume() {
    if (process_ > 0) ::kill(process_, SIGCONT);
}

void KafkaBroker::signal_and_wait(int signal) {
    if (process_ <= 0) return;
    ::kill(process_, signal);
    ::kill(process_, SIGCONT);  // one that is paused takes no SIGTERM
    const auto end = std::chrono::steady_clock::now() + kStopMax;
    while (::waitpid(process_, nullptr, WNOHANG) == 0) {
        if (std::chrono::steady_clock::now() > end) ::kill(process_, SIGKILL);
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    process_ = -1;
}

std::string KafkaBroker::log_tail() const {
    std::ifstream file(directory_ + "/output");
    std::stringstream text;
    text << file.rdbuf();
    const std::string all = text.str();
    return all.substr(all.size() > 2000 ? all.size() - 2000 : 0);
}

}  // namespace skein::test
