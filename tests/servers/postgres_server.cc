#include "tests/servers/postgres_server.h"

#include <fcntl.h>
#include <grp.h>
#include <libpq-fe.h>
#include <netinet/in.h>
#include <pwd.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <thread>

namespace skein::test {

namespace {

constexpr const char* kUser = "postgres";

std::string find_programs() {
    for (const char* const version : {"15", "16", "17"}) {
        const std::string folder = std::string("/usr/lib/postgresql/") + version + "/bin";
        if (std::filesystem::exists(folder + "/postgres")) return folder;
    }
    throw std::runtime_error("no PostgreSQL server on this machine: install postgresql-15");
}

// Postgres refuses to run as root: then it runs as its own user.
void become_server_user() {
    if (::geteuid() != 0) return;
    const passwd* const user = ::getpwnam(kUser);
    if (user == nullptr || ::setgroups(0, nullptr) != 0 || ::setgid(user->pw_gid) != 0 ||
        ::setuid(user->pw_uid) != 0) {
        ::_exit(126);
    }
}

int free_port() {
    const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* const generic = reinterpret_cast<sockaddr*>(&address);
    const bool is_bound =
        ::bind(socket, generic, size) == 0 && ::getsockname(socket, generic, &size) == 0;
    ::close(socket);
    if (!is_bound) throw std::runtime_error("no loopback port for a server");
    return ntohs(address.sin_port);
}

void give_to_server_user(const std::string& path) {
    if (::geteuid() != 0) return;
    const passwd* const user = ::getpwnam(kUser);
    if (user == nullptr || ::chown(path.c_str(), user->pw_uid, user->pw_gid) != 0)
        throw std::runtime_error("no user postgres to run the server as");
}

bool is_alive(const std::filesystem::path& pid_file) {
    std::ifstream file(pid_file);
    pid_t pid = 0;
    return file >> pid && pid > 0 && (::kill(pid, 0) == 0 || errno == EPERM);
}

// What binaries that were killed left behind: neither they nor their postmasters are there.
void remove_stale_clusters() {
    namespace fs = std::filesystem;
    std::error_code ignored;
    for (const fs::directory_entry& entry : fs::directory_iterator("/tmp", ignored)) {
        const fs::path& path = entry.path();
        if (!path.filename().string().starts_with("skein_pg_")) continue;
        if (!fs::exists(path / "owner", ignored)) continue;
        if (is_alive(path / "owner") || is_alive(path / "data" / "postmaster.pid")) continue;
        fs::remove_all(path, ignored);
    }
}

void run_sql(const std::string& dsn, const std::string& sql) {
    PGconn* const connection = PQconnectdb(dsn.c_str());
    PGresult* const result = PQexec(connection, sql.c_str());
    const ExecStatusType status = PQresultStatus(result);
    const std::string message = PQerrorMessage(connection);
    PQclear(result);
    PQfinish(connection);
    if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK)
        throw std::runtime_error(sql + ": " + message);
}

}  // namespace

PostgresServer& PostgresServer::shared() {
    static PostgresServer server;
    return server;
}

PostgresServer::PostgresServer(PostgresTransport transport) : programs_(find_programs()) {
    remove_stale_clusters();
    // A short path: that of a socket has at most 107 characters.
    std::string name = "/tmp/skein_pg_XXXXXX";
    if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("mkdtemp failed");
    directory_ = name;
    std::ofstream(directory_ + "/owner") << ::getpid() << std::endl;
    give_to_server_user(directory_);
    run({programs_ + "/initdb", "-D", directory_ + "/data", "-U", kUser, "-A", "trust", "-k", "-E",
         "UTF8", "--locale=C", "--no-sync", "--no-instructions"});
    configure(transport);
    start();
}

void PostgresServer::configure(PostgresTransport transport) {
    const bool has_port = transport == PostgresTransport::kTls;
    if (has_port) port_ = free_port();
    std::ofstream(directory_ + "/data/postgresql.conf", std::ios::app)
        << "listen_addresses = '" << (has_port ? "127.0.0.1" : "") << "'\nport = " << port_
        << "\nunix_socket_directories = '" << directory_ << "'\n"
        << "fsync = on\nsynchronous_commit = on\nmax_connections = 100\nshared_buffers = 64MB\n"
        << "max_wal_size = 256MB\nlog_min_messages = warning\n";
    if (!has_port) return;
    run({"/usr/bin/openssl", "req", "-x509", "-nodes", "-days", "2", "-newkey", "ec", "-pkeyopt",
         "ec_paramgen_curve:prime256v1", "-subj", "/CN=localhost", "-addext",
         "subjectAltName=DNS:localhost", "-keyout", directory_ + "/server.key", "-out",
         certificate()});
    std::ofstream(directory_ + "/data/postgresql.conf", std::ios::app)
        << "ssl = on\nssl_cert_file = '" << certificate() << "'\nssl_key_file = '" << directory_
        << "/server.key'\n";
    std::ofstream(directory_ + "/data/pg_hba.conf")
        << "local all all trust\nhostssl all all 127.0.0.1/32 trust\n";
}

PostgresServer::~PostgresServer() {
    if (postmaster_ > 0) signal_and_wait(SIGQUIT);
    std::error_code ignored;
    std::filesystem::remove_all(directory_, ignored);
}

pid_t PostgresServer::spawn(const std::vector<std::string>& command) const {
    const std::string log = directory_ + "/log";
    std::vector<char*> arguments;
    for (const std::string& argument : command)
        arguments.push_back(const_cast<char*>(argument.c_str()));
    arguments.push_back(nullptr);
    const pid_t child = ::fork();
    if (child < 0) throw std::runtime_error("fork failed");
    if (child > 0) return child;
    become_server_user();
    ::prctl(PR_SET_PDEATHSIG, SIGQUIT);
    ::setsid();  // Ctrl-C is for the test
    const int out = ::open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0644);
    const int in = ::open("/dev/null", O_RDONLY);
    if (out < 0 || in < 0 || ::chdir(directory_.c_str()) != 0) ::_exit(126);
    ::dup2(in, 0);
    ::dup2(out, 1);
    ::dup2(out, 2);
    for (int fd = 3; fd < 1024; ++fd) ::close(fd);
    ::execv(arguments[0], arguments.data());
    ::_exit(127);
}

void PostgresServer::run(const std::vector<std::string>& command) const {
    const pid_t child = spawn(command);
    int status = 0;
    if (::waitpid(child, &status, 0) != child || status != 0)
        throw std::runtime_error(command[0] + " failed:\n" + log_tail());
}

void PostgresServer::start() {
    if (postmaster_ > 0) return;
    postmaster_ = spawn({programs_ + "/postgres", "-D", directory_ + "/data"});
    // The server says in its lock file that it answers; until then there is nothing to wait on.
    while (PQping(dsn("postgres").c_str()) != PQPING_OK) {
        if (::waitpid(postmaster_, nullptr, WNOHANG) == postmaster_) {
            postmaster_ = -1;
            throw std::runtime_error("the server did not start:\n" + log_tail());
        }
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
}

void PostgresServer::stop() { signal_and_wait(SIGINT); }

void PostgresServer::stop_at_once() { signal_and_wait(SIGQUIT); }

void PostgresServer::signal_and_wait(int signal) {
    if (postmaster_ <= 0) return;
    ::kill(postmaster_, signal);
    ::waitpid(postmaster_, nullptr, 0);
    postmaster_ = -1;
}

std::string PostgresServer::socket_path() const {
    return directory_ + "/.s.PGSQL." + std::to_string(port_);
}

std::string PostgresServer::port_dsn(const std::string& database) const {
    return "host=localhost hostaddr=127.0.0.1 port=" + std::to_string(port_) + " user=" + kUser +
           " dbname=" + database;
}

std::string PostgresServer::dsn(const std::string& database) const {
    return "host=" + directory_ + " port=" + std::to_string(port_) + " user=" + kUser +
           " dbname=" + database;
}

std::string PostgresServer::create_database() {
    const std::string name = "t" + std::to_string(++databases_);
    run_sql(dsn("postgres"), "CREATE DATABASE " + name + " TEMPLATE template0");
    return dsn(name);
}

std::string PostgresServer::log_tail() const {
    std::ifstream file(directory_ + "/log");
    std::stringstream text;
    text << file.rdbuf();
    const std::string all = text.str();
    return all.substr(all.size() > 2000 ? all.size() - 2000 : 0);
}

}  // namespace skein::test
