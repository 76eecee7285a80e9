#include "tests/servers/server_process.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <random>
#include <sstream>
#include <stdexcept>

namespace skein::test {

namespace {

namespace fs = std::filesystem;

constexpr std::size_t kTailBytes = 2000;
constexpr const char* kOwner = "owner";

bool is_alive(const fs::path& pid_file) {
    std::ifstream file(pid_file);
    pid_t pid = 0;
    return file >> pid && pid > 0 && (::kill(pid, 0) == 0 || errno == EPERM);
}

void remove_stale(const fs::path& prefix, const std::vector<std::string>& pid_files) {
    std::error_code ignored;
    for (const fs::directory_entry& entry : fs::directory_iterator(prefix.parent_path(), ignored)) {
        const fs::path& path = entry.path();
        if (!path.filename().string().starts_with(prefix.filename().string())) continue;
        if (!fs::exists(path / kOwner, ignored) || is_alive(path / kOwner)) continue;
        const bool is_used = std::any_of(pid_files.begin(), pid_files.end(),
                                         [&](const auto& name) { return is_alive(path / name); });
        if (!is_used) fs::remove_all(path, ignored);
    }
}

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

}  // namespace

ServerDirectory::ServerDirectory(const std::string& prefix,
                                 const std::vector<std::string>& pid_files) {
    remove_stale(prefix, pid_files);
    std::string name = prefix + "XXXXXX";
    if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("mkdtemp failed: " + name);
    path_ = name;
    std::ofstream(path_ + "/" + kOwner) << ::getpid() << std::endl;
}

ServerDirectory::~ServerDirectory() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
}

std::string ServerDirectory::output_tail() const {
    std::ifstream file(output());
    std::stringstream text;
    text << file.rdbuf();
    const std::string all = text.str();
    return all.substr(all.size() > kTailBytes ? all.size() - kTailBytes : 0);
}

// Below the range from which the kernel takes ports for outgoing connections.
int free_port() {
    std::random_device random;
    while (true) {
        const int port = 10000 + static_cast<int>(random() % 10000);
        if (is_free(port)) return port;
    }
}

pid_t start_process(const ServerCommand& command) {
    std::vector<char*> arguments;
    for (const std::string& word : command.words)
        arguments.push_back(const_cast<char*>(word.c_str()));
    arguments.push_back(nullptr);
    const pid_t child = ::fork();
    if (child < 0) throw std::runtime_error("fork failed");
    if (child > 0) return child;
    if (command.prepare) command.prepare();
    ::prctl(PR_SET_PDEATHSIG, command.signal_at_end);
    ::setsid();  // Ctrl-C is for the test
    const int out = ::open(command.output.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0644);
    const int in = ::open("/dev/null", O_RDONLY);
    if (out < 0 || in < 0) ::_exit(126);
    ::dup2(in, 0);
    ::dup2(out, 1);
    ::dup2(out, 2);
    for (int fd = 3; fd < 1024; ++fd) ::close(fd);
    ::execvp(arguments[0], arguments.data());
    ::_exit(127);
}

}  // namespace skein::test
