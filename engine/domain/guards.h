// The guards that commands of every kind share.
//
// A guard returns the rejection, or nothing where its rule holds:
// `if (auto no = check_expected_version(scene)) return fail(*std::move(no));`
// Threads: pure. Errors: Rejection. Source: interfaces section 9 (Commands), V-39.
#pragma once

#include <memory>
#include <optional>
#include <string_view>

#include "engine/domain/command.h"
#include "engine/domain/rejection.h"

namespace skein::domain {

// The addressed stream stands at the version that the command expects, where it expects one.
std::optional<Rejection> check_expected_version(const Scene& scene);

// A value that a merge or an append made is within the limits of depth and of what may accumulate.
// `place` names it in the message: `variable budget`.
std::optional<Rejection> check_accumulated(const json::Value& value, std::string_view place,
                                           const Limits& limits);

// One event for the addressed stream.
NewEvents one_event(const Scene& scene, std::shared_ptr<const EventBody> body);

}  // namespace skein::domain
