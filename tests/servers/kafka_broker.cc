#include "tests/servers/kafka_broker.h"

#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <stdexcept>
#include <thread>
#include <utility>

namespace skein::test {

namespace {

// A start takes 5 s on an idle machine; a restart after SIGKILL waits for the old session too.
constexpr const char* kStartSecondsMax = "120";
constexpr std::chrono::seconds kStopMax{30};

}  // namespace

KafkaBroker& KafkaBroker::shared() {
    static KafkaBroker broker;
    return broker;
}

KafkaBroker::KafkaBroker(std::vector<std::string> properties, const FullDisk* disk)
    : properties_(std::move(properties)),
      directory_("/tmp/skein_kafka_"),
      disk_(disk),
      client_port_(free_port()),
      controller_port_(free_port()),
      other_port_(free_port()) {
    start();
}

KafkaBroker::~KafkaBroker() { signal_and_wait(SIGKILL); }  // nobody reads what it keeps

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
    return directory() + "/log/" + topic + "-" + std::to_string(partition);
}

void KafkaBroker::start() {
    if (process_ > 0) return;
    launch();
    wait_until_it_answers();
}

void KafkaBroker::launch() {
    const std::string tools = SKEIN_SERVER_TOOLS;
    std::vector<std::string> command = {tools + "/kafka_broker.sh", directory(),
                                        std::to_string(client_port_),
                                        std::to_string(controller_port_)};
    for (const std::string& property : properties_) command.push_back(with_ports(property));
    process_ = start_process({std::move(command), directory_.output(), SIGKILL, [this] {
                                  if (disk_ != nullptr) disk_->hold(directory());
                              }});
}

void KafkaBroker::wait_until_it_answers() {
    const std::string tools = SKEIN_SERVER_TOOLS;
    const pid_t waiter =
        start_process({{"python3", tools + "/kafka_answers.py", address(), "--wait",
                        kStartSecondsMax, "--process", std::to_string(process_)},
                       directory_.output(),
                       SIGKILL,
                       {}});
    int status = 0;
    if (::waitpid(waiter, &status, 0) == waiter && status == 0) return;
    signal_and_wait(SIGKILL);
    throw std::runtime_error("the broker did not start:\n" + directory_.output_tail());
}

bool KafkaBroker::has_ended() {
    if (process_ <= 0 || ::waitpid(process_, nullptr, WNOHANG) != process_) return false;
    process_ = -1;
    return true;
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

}  // namespace skein::test
