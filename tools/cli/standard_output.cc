#include "tools/cli/standard_output.h"

#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <ostream>

namespace skein::cli {

namespace {

// A descriptor that somebody made non-blocking is waited for.
bool may_try_again(int file) {
    if (errno == EINTR) return true;
    if (errno != EAGAIN) return false;
    struct pollfd output {
        file, POLLOUT, 0
    };
    return ::poll(&output, 1, -1) > 0 || errno == EINTR;
}

}  // namespace

StandardOutput::StandardOutput(int file) : file_(file) {
    setp(buffer_.data(), buffer_.data() + buffer_.size());
}

StandardOutput::~StandardOutput() { StandardOutput::sync(); }

int StandardOutput::sync() {
    const char* at = pbase();
    while (error_ == 0 && at < pptr()) {
        const ssize_t written = ::write(file_, at, static_cast<std::size_t>(pptr() - at));
        if (written >= 0) {
            at += written;
        } else if (!may_try_again(file_)) {
            error_ = errno;
        }
    }
    setp(buffer_.data(), buffer_.data() + buffer_.size());
    return error_ == 0 ? 0 : -1;
}

StandardOutput::int_type StandardOutput::overflow(int_type next) {
    if (sync() != 0) return traits_type::eof();
    if (!traits_type::eq_int_type(next, traits_type::eof())) sputc(traits_type::to_char_type(next));
    return traits_type::not_eof(next);
}

int error_of(const std::ostream& out) {
    const auto* standard = dynamic_cast<const StandardOutput*>(out.rdbuf());
    return standard == nullptr ? 0 : standard->error();
}

void hold_standard_files() {
    for (const int file : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
        if (::fcntl(file, F_GETFD) != -1 || errno != EBADF) continue;
        // The lowest free number is taken, which is this one.
        static_cast<void>(::open("/dev/null", file == STDIN_FILENO ? O_WRONLY : O_RDONLY));
    }
}

}  // namespace skein::cli
