// What differs between two documents, and the three patch forms: RFC 6902 (JSON Patch), RFC 7396
// (merge patch), and skein's own change list.
//
// Threads: pure. Errors: PatchError names the operation that cannot be applied.
// Source: RFC 6901, 6902, 7396; C-77, V-05; interfaces section 8 (diff).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/result.h"
#include "engine/json/value.h"

namespace skein::json {

enum class ChangeOp { kAdd, kRemove, kReplace };
std::string_view to_string(ChangeOp op);

struct Change {
    std::string path;  // JSON Pointer
    ChangeOp op = ChangeOp::kReplace;
    std::optional<Value> from;  // absent for add
    std::optional<Value> to;    // absent for remove
};

// From `before` to `after`, sorted by path such that applying them in order as a JSON Patch gives
// `after`. Objects are compared member by member; arrays element by element, then the longer tail;
// removals of array elements come from the end. Paths ascend by bytes, save that array elements go
// by number.
std::vector<Change> diff(const Value& before, const Value& after);

Value to_json_patch(const std::vector<Change>& changes);          // RFC 6902 array
Value make_merge_patch(const Value& before, const Value& after);  // RFC 7396; see note
// A merge patch cannot say "becomes null" or "holds null": true where `after` needs that.
bool merge_patch_is_lossy(const Value& before, const Value& after);

// RFC 7396 to the letter; an absent target is nullopt.
Value merge(const std::optional<Value>& target, const Value& patch);

struct PatchError {
    std::size_t operation = 0;  // index in the patch
    std::string message;
};
// All operations of RFC 6902 (add, remove, replace, move, copy, test), all or nothing.
Result<Value, PatchError> apply_json_patch(const Value& document, const Value& patch);

// RFC 6901. `pointer_tokens` is nullopt where the text is no pointer.
std::optional<std::vector<std::string>> pointer_tokens(std::string_view pointer);
std::string pointer_escape(std::string_view token);
std::optional<Value> resolve_pointer(const Value& document, std::string_view pointer);

}  // namespace skein::json
