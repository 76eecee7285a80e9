#include "tools/cli/conditions.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "engine/json/patch.h"
#include "tools/cli/suggestion.h"
#include "tools/cli/text_output.h"

namespace skein::cli {

std::string unknown_name(const replay::Condition& condition, replay::Facts facts) {
    std::string wrong;
    condition.each_path([&](std::string_view pointer) {
        if (!wrong.empty()) return;
        const std::string_view first = pointer.substr(0, pointer.find('/', 1));
        std::vector<std::string> names;
        for (const auto& fact : facts) {
            const json::Value document = fact();
            if (json::resolve_pointer(document, first)) return;
            document.for_each_member(
                [&](std::string_view name, const json::Value&) { names.emplace_back(name); });
        }
        const std::string_view name = first.substr(std::min<std::size_t>(first.size(), 1));
        wrong = fmt::format("no field \"{}\"{}", printable(name), suggestion(name, names));
    });
    return wrong;
}

}  // namespace skein::cli
