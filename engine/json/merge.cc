#include <utility>

#include "engine/json/canonical.h"
#include "engine/json/patch.h"

namespace skein::json {

namespace {

// Walks the members of one object, or none where there is no object.
class Members {
 public:
    explicit Members(std::string_view inner) : inner_(inner) { read(); }

    bool done() const { return done_; }
    std::string_view key() const { return key_; }  // escaped
    std::string_view value() const { return value_; }
    void next() { read(); }

 private:
    void read() {
        done_ = at_ >= inner_.size();
        if (done_) return;
        const std::size_t key_end = string_end(inner_, at_);
        const std::size_t end = value_end(inner_, key_end + 1);
        key_ = inner_.substr(at_ + 1, key_end - at_ - 2);
        value_ = inner_.substr(key_end + 1, end - key_end - 1);
        at_ = end + 1;
    }

    std::string_view inner_;
    std::size_t at_ = 0;
    bool done_ = false;
    std::string_view key_;
    std::string_view value_;
};

enum class Present { kLeft, kRight, kBoth };

// Which side has the key that comes next.
Present next_key(const Members& left, const Members& right) {
    if (left.done()) return Present::kRight;
    if (right.done()) return Present::kLeft;
    const int order = compare_keys(left.key(), right.key());
    if (order == 0) return Present::kBoth;
    return order < 0 ? Present::kLeft : Present::kRight;
}

void begin_member(std::string& out, std::string_view key) {
    if (out.back() != '{') out.push_back(',');
    out.append("\"").append(key).append("\":");
}

std::string_view object_inner(std::string_view value) {
    return !value.empty() && value.front() == '{' ? inner_of(value) : std::string_view();
}

// `target` is empty where it is absent.
void write_merged(std::string& out, std::string_view target, std::string_view patch) {
    if (patch.front() != '{') {
        out.append(patch);
        return;
    }
    Members old_members(object_inner(target));
    Members new_members(inner_of(patch));
    out.push_back('{');
    while (!old_members.done() || !new_members.done()) {
        const Present present = next_key(old_members, new_members);
        if (present == Present::kLeft) {
            begin_member(out, old_members.key());
            out.append(old_members.value());
        } else if (new_members.value() != "null") {
            begin_member(out, new_members.key());
            const std::string_view old_value =
                present == Present::kBoth ? old_members.value() : std::string_view();
            write_merged(out, old_value, new_members.value());
        }
        if (present != Present::kRight) old_members.next();
        if (present != Present::kLeft) new_members.next();
    }
    out.push_back('}');
}

void write_merge_patch(std::string& out, std::string_view before, std::string_view after) {
    if (before.front() != '{' || after.front() != '{') {
        out.append(after);
        return;
    }
    Members old_members(inner_of(before));
    Members new_members(inner_of(after));
    out.push_back('{');
    while (!old_members.done() || !new_members.done()) {
        const Present present = next_key(old_members, new_members);
        if (present == Present::kLeft) {
            begin_member(out, old_members.key());
            out.append("null");
        } else if (present == Present::kRight) {
            begin_member(out, new_members.key());
            out.append(new_members.value());
        } else if (old_members.value() != new_members.value()) {
            begin_member(out, new_members.key());
            write_merge_patch(out, old_members.value(), new_members.value());
        }
        if (present != Present::kRight) old_members.next();
        if (present != Present::kLeft) new_members.next();
    }
    out.push_back('}');
}

}  // namespace

Value merge(const std::optional<Value>& target, const Value& patch) {
    if (!patch.is_object()) return patch;
    std::string out;
    const bool onto_object = target && target->is_object();
    write_merged(out, onto_object ? *target->flat() : std::string_view(), *patch.flat());
    return Value::from_canonical(out);
}

Value make_merge_patch(const Value& before, const Value& after) {
    if (!before.is_object() || !after.is_object()) return after;
    std::string out;
    write_merge_patch(out, *before.flat(), *after.flat());
    return Value::from_canonical(out);
}

bool merge_patch_is_lossy(const Value& before, const Value& after) {
    return merge(before, make_merge_patch(before, after)) != after;
}

}  // namespace skein::json
