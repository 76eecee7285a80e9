// StandardOutput: what the program prints, on its way to a file descriptor, with the reason where
// it does not get there.
//
// The streams of the standard library forget why a write failed; a person whose disk is full has to
// be told. After a failure nothing more is written.
// Threads: one at a time. Errors: error(); the stream over it turns bad.
// Source: interfaces section 4 (errors say what happened, and why).
#pragma once

#include <array>
#include <iosfwd>
#include <streambuf>

namespace skein::cli {

class StandardOutput : public std::streambuf {
 public:
    explicit StandardOutput(int file);
    ~StandardOutput() override;
    StandardOutput(const StandardOutput&) = delete;
    StandardOutput& operator=(const StandardOutput&) = delete;

    // The errno of the write that failed; 0 while none has.
    int error() const { return error_; }

 protected:
    int_type overflow(int_type next) override;
    int sync() override;

 private:
    const int file_;
    int error_ = 0;
    std::array<char, 16 << 10> buffer_{};
};

// The errno for which `out` turned bad; 0 where it is not known.
int error_of(const std::ostream& out);

// Descriptors 0 to 2 that are closed would be given to the files of a store, and be printed into:
// they are taken before, in a way in which reading and writing fail as it does on closed ones.
void hold_standard_files();

}  // namespace skein::cli
