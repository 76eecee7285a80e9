// Result<T, E>: a value or a named reason why there is none. Must be looked at.
//
// Threads: a value type. Errors: none. Source: style rules 17 and 21.
#pragma once

#include <tl/expected.hpp>
#include <utility>

namespace skein {

template <class T, class E>
class [[nodiscard]] Result : public tl::expected<T, E> {
 public:
    using tl::expected<T, E>::expected;
};

// Builds the failing side: `return fail(Rejection{...});`
template <class E>
tl::unexpected<std::decay_t<E>> fail(E&& error) {
    return tl::unexpected<std::decay_t<E>>(std::forward<E>(error));
}

}  // namespace skein
