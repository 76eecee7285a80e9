// What libpqxx throws, as a Fault, in one place; and the one failure that is no plain Fault: a lost
// answer, after which nobody knows whether the statement took effect.
//
// Threads: pure. Errors: none. Source: style rule 19; reliability 3.5.
#pragma once

#include <exception>
#include <string>
#include <string_view>

#include "engine/base/fault.h"

namespace skein::log {

// The statement was sent, or may have been, and its answer never came.
class LostAnswer final : public Fault {
 public:
    using Fault::Fault;
};

// The five characters that name the error, or empty where the server said nothing.
std::string sqlstate_of(const std::exception& error);
// One line: the server's message without its detail, hints and newlines.
std::string message_of(const std::exception& error);
// The fault for a statement that the server refused; `doing` as in "reading events".
Fault fault_of(const std::exception& error, std::string_view doing);
// The same for what a state says; where it says nothing it may pass, and `otherwise` is to be done.
Fault fault_of_state(std::string_view state, const std::string& what, const char* otherwise);
// For a value of a row that is not of its form; `what` as in "an event".
Fault damaged_value(std::string_view what);

}  // namespace skein::log
