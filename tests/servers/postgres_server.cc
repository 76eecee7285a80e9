#include "tests/servers/postgres_server.h"

#include <grp.h>
#include <libpq-fe.h>
#include <pwd.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
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

void give_to_server_user(const std::string& path) {
    if (::geteuid() != 0) return;
    const passwd* const user = ::getpwnam(kUser);
    if (user == nullptr || ::chown(path.c_str(), user->pw_uid, user->pw_gid) != 0)
        throw std::runtime_error("no user postgres to run the server as");
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

// Not one that has ended and is still in the table of processes.
bool runs(pid_t process) {
    std::ifstream file("/proc/" + std::to_string(process) + "/stat");
    const std::string line{std::istreambuf_iterator<char>(file), {}};
    const std::size_t name_end = line.rfind(") ");
    return name_end != std::string::npos && line[name_end + 2] != 'Z';
}

}  // namespace

PostgresServer& PostgresServer::shared() {
    static PostgresServer server;
    return server;
}

// A short path: that of a socket has at most 107 characters.
PostgresServer::PostgresServer(PostgresTransport transport, const FullDisk* disk)
    : directory_("/tmp/skein_pg_", {"data/postmaster.pid"}),
      disk_(disk),
      programs_(find_programs()) {
    give_to_server_user(directory());
    run({programs_ + "/initdb", "-D", directory() + "/data", "-U", kUser, "-A", "trust", "-k", "-E",
         "UTF8", "--locale=C", "--no-sync", "--no-instructions"});
    configure(transport);
    start();
}

PostgresServer::PostgresServer(BaseBackupOf copied)
    : directory_("/tmp/skein_pg_", {"data/postmaster.pid"}), programs_(find_programs()) {
    give_to_server_user(directory());
    run({programs_ + "/pg_basebackup", "-d", copied.source->dsn("postgres"), "-D",
         directory() + "/data", "-X", "stream", "--checkpoint=fast"});
    configure(PostgresTransport::kSocket);
    start();
}

void PostgresServer::configure(PostgresTransport transport) {
    const bool has_port = transport == PostgresTransport::kTls;
    if (has_port) port_ = free_port();
    std::ofstream(directory() + "/data/postgresql.conf", std::ios::app)
        << "listen_addresses = '" << (has_port ? "127.0.0.1" : "") << "'\nport = " << port_
        << "\nunix_socket_directories = '" << directory() << "'\n"
        << "fsync = on\nsynchronous_commit = on\nmax_connections = 100\nshared_buffers = 64MB\n"
        << "max_wal_size = 256MB\nlog_min_messages = warning\n";
    if (!has_port) return;
    run({"/usr/bin/openssl", "req", "-x509", "-nodes", "-days", "2", "-newkey", "ec", "-pkeyopt",
         "ec_paramgen_curve:prime256v1", "-subj", "/CN=localhost", "-addext",
         "subjectAltName=DNS:localhost", "-keyout", directory() + "/server.key", "-out",
         certificate()});
    std::ofstream(directory() + "/data/postgresql.conf", std::ios::app)
        << "ssl = on\nssl_cert_file = '" << certificate() << "'\nssl_key_file = '" << directory()
        << "/server.key'\n";
    std::ofstream(directory() + "/data/pg_hba.conf")
        << "local all all trust\nhostssl all all 127.0.0.1/32 trust\n";
}

PostgresServer::~PostgresServer() { signal_and_wait(SIGQUIT); }

pid_t PostgresServer::spawn(const std::vector<std::string>& command) const {
    return start_process({command, directory_.output(), SIGQUIT, [&] {
                              become_server_user();
                              if (disk_ != nullptr) disk_->hold(directory());
                              if (::chdir(directory().c_str()) != 0) ::_exit(126);
                          }});
}

void PostgresServer::run(const std::vector<std::string>& command) const {
    const pid_t child = spawn(command);
    int status = 0;
    if (::waitpid(child, &status, 0) != child || status != 0)
        throw std::runtime_error(command[0] + " failed:\n" + directory_.output_tail());
}

void PostgresServer::start() {
    if (postmaster_ > 0) return;
    launch();
    // The server says in its lock file that it answers; until then there is nothing to wait on.
    while (PQping(dsn("postgres").c_str()) != PQPING_OK) {
        if (has_ended())
            throw std::runtime_error("the server did not start:\n" + directory_.output_tail());
        std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
}

void PostgresServer::launch() {
    postmaster_ = spawn({programs_ + "/postgres", "-D", directory() + "/data"});
}

bool PostgresServer::has_ended() {
    if (postmaster_ <= 0 || ::waitpid(postmaster_, nullptr, WNOHANG) != postmaster_) return false;
    postmaster_ = -1;
    return true;
}

void PostgresServer::stop() { signal_and_wait(SIGINT); }

void PostgresServer::stop_at_once() { signal_and_wait(SIGQUIT); }

// Sessions notice the death of their postmaster when they next wait; only then another may start.
void PostgresServer::kill() {
    const std::vector<pid_t> all = processes();
    signal_and_wait(SIGKILL);
    for (const pid_t process : all) {
        while (runs(process)) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
}

// A session calls itself `postgres: USER DATABASE [local] ...`.
std::vector<pid_t> PostgresServer::sessions() const {
    std::vector<pid_t> sessions;
    for (const pid_t process : processes()) {
        std::ifstream file("/proc/" + std::to_string(process) + "/cmdline");
        const std::string title{std::istreambuf_iterator<char>(file), {}};
        if (title.find("[local]") != std::string::npos) sessions.push_back(process);
    }
    return sessions;
}

void PostgresServer::pause() {
    paused_ = processes();
    if (postmaster_ > 0) paused_.push_back(postmaster_);
    for (const pid_t process : paused_) ::kill(process, SIGSTOP);
}

void PostgresServer::resume() {
    for (const pid_t process : paused_) ::kill(process, SIGCONT);
    paused_.clear();
}

// The postmaster's children.
std::vector<pid_t> PostgresServer::processes() const {
    std::vector<pid_t> children;
    if (postmaster_ <= 0) return children;
    const std::string task = std::to_string(postmaster_);
    std::ifstream file("/proc/" + task + "/task/" + task + "/children");
    for (pid_t child = 0; file >> child;) children.push_back(child);
    return children;
}

void PostgresServer::signal_and_wait(int signal) {
    if (postmaster_ <= 0) return;
    ::kill(postmaster_, signal);
    ::waitpid(postmaster_, nullptr, 0);
    postmaster_ = -1;
}

std::string PostgresServer::socket_path() const {
    return directory() + "/.s.PGSQL." + std::to_string(port_);
}

std::string PostgresServer::port_dsn(const std::string& database) const {
    return "host=localhost hostaddr=127.0.0.1 port=" + std::to_string(port_) + " user=" + kUser +
           " dbname=" + database;
}

std::string PostgresServer::dsn(const std::string& database) const {
    return "host=" + directory() + " port=" + std::to_string(port_) + " user=" + kUser +
           " dbname=" + database;
}

std::string PostgresServer::create_database() {
    const std::string name = "t" + std::to_string(++databases_);
    run_sql(dsn("postgres"), "CREATE DATABASE " + name + " TEMPLATE template0");
    return dsn(name);
}

}  // namespace skein::test
