#include "tests/servers/postgres_proxy.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <stdexcept>

namespace skein::test {

namespace {

bool send_all(int socket, std::string_view bytes) {
    while (!bytes.empty()) {
        const ssize_t sent = ::send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL);
        if (sent <= 0) return false;
        bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
}

std::uint32_t length_at(std::string_view bytes, std::size_t offset) {
    std::uint32_t length = 0;
    std::memcpy(&length, bytes.data() + offset, sizeof length);
    return ntohl(length);
}

int connect_to(const std::string& path) {
    const int socket = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.copy(address.sun_path, sizeof address.sun_path - 1);
    if (::connect(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0)
        return socket;
    ::close(socket);
    return -1;
}

std::string text_at(std::string_view message, std::size_t begin) {
    const std::size_t end = message.find('\0', begin);
    if (end == std::string_view::npos) return {};
    return std::string(message.substr(begin, end - begin));
}

// The statement that a Bind message names, behind its portal's name.
std::string bound_statement(std::string_view message) {
    return text_at(message, 5 + text_at(message, 5).size() + 1);
}

}  // namespace

// One client and its connection to the server.
class PostgresProxy::Link {
 public:
    Link(PostgresProxy& proxy, int client, int server)
        : proxy_(proxy), client_(client), server_(server) {}

    // Returns false where the link is at its end.
    bool from_client(std::string_view bytes) {
        request_ += bytes;
        while (true) {
            const std::size_t header = is_started_ ? 1 : 0;  // the first message has no type
            if (request_.size() < parsed_ + header + 4) return true;
            const std::size_t size = header + length_at(request_, parsed_ + header);
            if (request_.size() < parsed_ + size) return true;
            const std::string_view message = std::string_view(request_).substr(parsed_, size);
            const char type = is_started_ ? message[0] : '\0';
            is_started_ = true;
            if (type == 'P') statement_ = text_at(message, 5);
            if (type == 'B') statement_ = bound_statement(message);
            parsed_ += size;
            const bool is_held =
                type == 'P' || type == 'B' || type == 'D' || type == 'E' || type == 'C';
            if (!is_held && !pass_request(type == 'S' || type == 'Q')) return false;
        }
    }
    bool from_server(std::string_view bytes) {
        if (!cut_ && statement_in_flight_.empty()) return send_all(client_, bytes);
        reply_ += bytes;
        while (reply_.size() >= reply_parsed_ + 5) {
            const std::size_t size = 1 + length_at(reply_, reply_parsed_ + 1);
            if (reply_.size() < reply_parsed_ + size) return true;
            const bool is_last = reply_[reply_parsed_] == 'Z';
            reply_parsed_ += size;
            if (is_last) return pass_reply();
        }
        return true;
    }

 private:
    bool pass_request(bool is_flight) {
        std::optional<Cut> cut;
        if (is_flight) {
            ++proxy_.round_trips_;
            statement_in_flight_ = statement_;
            if (!statement_.empty()) cut = proxy_.note_request(statement_, parsed_);
            statement_.clear();
        }
        if (cut && cut->moment == CutMoment::kRequest) {
            send_all(server_, std::string_view(request_).substr(0, std::min(cut->bytes, parsed_)));
            return false;
        }
        const bool is_sent = send_all(server_, std::string_view(request_).substr(0, parsed_));
        if (cut && cut->moment == CutMoment::kSent) return false;
        cut_ = cut;
        request_.erase(0, parsed_);
        parsed_ = 0;
        return is_sent;
    }
    bool pass_reply() {
        proxy_.note_reply(statement_in_flight_, reply_parsed_);
        statement_in_flight_.clear();
        if (cut_) {
            send_all(client_, std::string_view(reply_).substr(0, cut_->bytes));
            return false;
        }
        const bool is_sent = send_all(client_, reply_);
        reply_.clear();
        reply_parsed_ = 0;
        return is_sent;
    }

    PostgresProxy& proxy_;
    const int client_;
    const int server_;
    bool is_started_ = false;
    std::string request_;  // not passed on yet
    std::size_t parsed_ = 0;
    std::string statement_;            // of the flight that is being gathered
    std::string statement_in_flight_;  // whose reply is awaited
    std::optional<Cut> cut_;           // of that reply
    std::string reply_;
    std::size_t reply_parsed_ = 0;
};

PostgresProxy::PostgresProxy(std::string upstream)
    : upstream_(std::move(upstream)),
      listener_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)),
      stop_event_(::eventfd(0, EFD_CLOEXEC)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* const generic = reinterpret_cast<sockaddr*>(&address);
    if (::bind(listener_, generic, size) != 0 || ::listen(listener_, 64) != 0 ||
        ::getsockname(listener_, generic, &size) != 0) {
        throw std::runtime_error("no loopback port for a proxy");
    }
    port_ = ntohs(address.sin_port);
    acceptor_ = std::thread([this] { accept_clients(); });
}

PostgresProxy::~PostgresProxy() {
    const std::uint64_t many = 1'000'000;  // never taken back, so everybody sees it
    [[maybe_unused]] const auto written = ::write(stop_event_, &many, sizeof many);
    acceptor_.join();
    ::close(listener_);
    ::close(stop_event_);
}

std::string PostgresProxy::through(const std::string& dsn) const {
    // The last word of a setting counts.
    return dsn + " host=127.0.0.1 port=" + std::to_string(port_) +
           " sslmode=disable gssencmode=disable";
}

void PostgresProxy::accept_clients() {
    while (true) {
        std::array<pollfd, 2> watched = {{{listener_, POLLIN, 0}, {stop_event_, POLLIN, 0}}};
        ::poll(watched.data(), watched.size(), -1);
        if (watched[1].revents != 0) break;
        const int client = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
        if (client < 0) continue;
        const int one = 1;
        ::setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
        const int server = connect_to(upstream_);
        if (server < 0) {
            ::close(client);
            continue;
        }
        servers_.emplace_back([this, client, server] { serve(client, server); });
    }
    for (std::thread& server : servers_) server.join();
}

void PostgresProxy::serve(int client, int server) {
    Link link(*this, client, server);
    std::array<char, 65536> buffer;
    bool is_open = true;
    while (is_open) {
        std::array<pollfd, 3> watched = {
            {{client, POLLIN, 0}, {server, POLLIN, 0}, {stop_event_, POLLIN, 0}}};
        ::poll(watched.data(), watched.size(), -1);
        if (watched[2].revents != 0) break;
        for (std::size_t side = 0; side < 2 && is_open; ++side) {
            if (watched[side].revents == 0) continue;
            const ssize_t got = ::recv(watched[side].fd, buffer.data(), buffer.size(), 0);
            const std::string_view bytes(buffer.data(),
                                         got > 0 ? static_cast<std::size_t>(got) : 0);
            if (got <= 0) {
                is_open = false;
            } else {
                is_open = side == 0 ? link.from_client(bytes) : link.from_server(bytes);
            }
        }
    }
    ::close(client);
    ::close(server);
}

PostgresProxy::Seen& PostgresProxy::seen(const std::string& statement) {
    for (Seen& one : seen_)
        if (one.statement == statement) return one;
    return seen_.emplace_back(Seen{statement, 0, {}});
}

std::optional<Cut> PostgresProxy::note_request(const std::string& statement, std::size_t bytes) {
    const std::lock_guard<std::mutex> lock(mutex_);
    Seen& noted = seen(statement);
    ++noted.count;
    noted.sizes.request = bytes;
    if (!armed_ || armed_statement_ != statement) return std::nullopt;
    const auto cut = armed_;
    armed_.reset();
    return cut;
}

void PostgresProxy::note_reply(const std::string& statement, std::size_t bytes) {
    const std::lock_guard<std::mutex> lock(mutex_);
    seen(statement).sizes.reply = bytes;
}

std::uint64_t PostgresProxy::round_trips_of(const std::string& statement) const {
    const std::lock_guard<std::mutex> lock(mutex_);
    for (const Seen& one : seen_)
        if (one.statement == statement) return one.count;
    return 0;
}

PostgresProxy::Sizes PostgresProxy::sizes_of(const std::string& statement) const {
    const std::lock_guard<std::mutex> lock(mutex_);
    for (const Seen& one : seen_)
        if (one.statement == statement) return one.sizes;
    return {};
}

void PostgresProxy::cut_next(const std::string& statement, Cut cut) {
    const std::lock_guard<std::mutex> lock(mutex_);
    armed_statement_ = statement;
    armed_ = cut;
}

bool PostgresProxy::is_armed() const {
    const std::lock_guard<std::mutex> lock(mutex_);
    return armed_.has_value();
}

}  // namespace skein::test
