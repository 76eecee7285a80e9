#include <algorithm>
#include <utility>

#include "engine/json/canonical.h"
#include "engine/json/patch.h"
#include "engine/json/writer.h"

namespace skein::json {

namespace {

struct Member {
    std::string_view key;  // escaped
    std::string_view value;
};

std::vector<Member> members_of(std::string_view object) {
    std::vector<Member> members;
    walk_members(inner_of(object), [&members](std::string_view key, std::string_view value) {
        members.push_back({key, value});
        return true;
    });
    return members;
}

std::vector<std::string_view> elements_of(std::string_view array) {
    std::vector<std::string_view> elements;
    walk_elements(inner_of(array), [&elements](std::string_view element) {
        elements.push_back(element);
        return true;
    });
    return elements;
}

struct Sides {
    std::string_view before;
    std::string_view after;
};

class Differ {
 public:
    void compare(const std::string& path, const Sides& sides) {
        if (sides.before == sides.after) return;
        const Type type = type_of(sides.before.front());
        if (type != type_of(sides.after.front())) return replace(path, sides);
        if (type == Type::kObject) return objects(path, sides);
        if (type == Type::kArray) return arrays(path, sides);
        replace(path, sides);
    }
    std::vector<Change> take() { return std::move(changes_); }

 private:
    static std::string child(const std::string& path, std::string_view escaped_key) {
        return path + "/" + pointer_escape(unescape(escaped_key));
    }
    void add(std::string path, std::string_view to) {
        changes_.push_back(
            {std::move(path), ChangeOp::kAdd, std::nullopt, Value::from_canonical(to)});
    }
    void remove(std::string path, std::string_view from) {
        changes_.push_back(
            {std::move(path), ChangeOp::kRemove, Value::from_canonical(from), std::nullopt});
    }
    void replace(const std::string& path, const Sides& sides) {
        changes_.push_back({path, ChangeOp::kReplace, Value::from_canonical(sides.before),
                            Value::from_canonical(sides.after)});
    }

    void objects(const std::string& path, const Sides& sides) {
        const std::vector<Member> before = members_of(sides.before);
        const std::vector<Member> after = members_of(sides.after);
        const std::size_t base = changes_.size();
        std::vector<std::size_t> groups;  // where the changes of one member begin
        auto old_member = before.begin();
        auto new_member = after.begin();
        while (old_member != before.end() || new_member != after.end()) {
            groups.push_back(changes_.size());
            int order = 0;
            if (old_member == before.end()) {
                order = 1;
            } else if (new_member == after.end()) {
                order = -1;
            } else {
                order = compare_keys(old_member->key, new_member->key);
            }
            if (order < 0) {
                remove(child(path, old_member->key), old_member->value);
            } else if (order > 0) {
                add(child(path, new_member->key), new_member->value);
            } else if (old_member->value != new_member->value) {
                compare(child(path, old_member->key), {old_member->value, new_member->value});
            }
            if (order <= 0) ++old_member;
            if (order >= 0) ++new_member;
        }
        sort_groups(base, groups);
    }

    // Keys in order do not make paths in order: "a/b" comes after "a!" though "a" comes first.
    // Members are independent of each other, so their groups may be moved as wholes.
    void sort_groups(std::size_t base, const std::vector<std::size_t>& groups) {
        const auto by_path = [](const Change& a, const Change& b) { return a.path < b.path; };
        std::vector<std::vector<Change>> moved;
        bool sorted = true;
        for (std::size_t i = 1; i < groups.size(); ++i) {
            const std::size_t next = groups[i];
            if (next > base && next < changes_.size() &&
                by_path(changes_[next], changes_[next - 1]))
                sorted = false;
        }
        if (sorted) return;
        for (std::size_t i = 0; i < groups.size(); ++i) {
            const std::size_t end = i + 1 < groups.size() ? groups[i + 1] : changes_.size();
            if (end == groups[i]) continue;
            moved.emplace_back(
                std::make_move_iterator(changes_.begin() + static_cast<std::ptrdiff_t>(groups[i])),
                std::make_move_iterator(changes_.begin() + static_cast<std::ptrdiff_t>(end)));
        }
        std::sort(moved.begin(), moved.end(), [&by_path](const auto& a, const auto& b) {
            return by_path(a.front(), b.front());
        });
        changes_.resize(base);
        for (std::vector<Change>& group : moved)
            changes_.insert(changes_.end(), std::make_move_iterator(group.begin()),
                            std::make_move_iterator(group.end()));
    }

    void arrays(const std::string& path, const Sides& sides) {
        const std::vector<std::string_view> before = elements_of(sides.before);
        const std::vector<std::string_view> after = elements_of(sides.after);
        const std::size_t common = std::min(before.size(), after.size());
        const auto place = [&path](std::size_t i) { return path + "/" + std::to_string(i); };
        for (std::size_t i = 0; i < common; ++i) {
            if (before[i] != after[i]) compare(place(i), {before[i], after[i]});
        }
        for (std::size_t i = common; i < after.size(); ++i) add(place(i), after[i]);
        for (std::size_t i = before.size(); i > common; --i) remove(place(i - 1), before[i - 1]);
    }

    std::vector<Change> changes_;
};

}  // namespace

std::string_view to_string(ChangeOp op) {
    switch (op) {
        case ChangeOp::kAdd: return "add";
        case ChangeOp::kRemove: return "remove";
        case ChangeOp::kReplace: return "replace";
    }
    return "unknown";
}

std::vector<Change> diff(const Value& before, const Value& after) {
    if (before == after) return {};
    const std::string old_text = before.text();
    const std::string new_text = after.text();
    Differ differ;
    differ.compare("", {old_text, new_text});
    return differ.take();
}

Value to_json_patch(const std::vector<Change>& changes) {
    std::string out = "[";
    for (const Change& change : changes) {
        if (out.size() > 1) out.push_back(',');
        ObjectWriter operation;
        operation.member_text("op", to_string(change.op));
        operation.member_text("path", change.path);
        if (change.to) operation.member("value", *change.to);
        out.append(operation.text());
    }
    out.push_back(']');
    return Value::from_canonical(out);
}

}  // namespace skein::json
