#include <fmt/format.h>

#include <map>
#include <memory>
#include <utility>

#include "engine/json/patch.h"
#include "engine/json/pointer.h"

namespace skein::json {

namespace {

using Tokens = std::vector<std::string>;

// A document that can be changed in place. Only the containers on the way to a change are opened;
// what lies beside them stays a Value.
class Tree {
 public:
    explicit Tree(Value value) : value_(std::move(value)) {}

    Value value() const {
        if (!open_) return value_;
        if (value_.is_array()) {
            std::vector<Value> out;
            out.reserve(elements_.size());
            for (const Tree& element : elements_) out.push_back(element.value());
            return Value::array(out);
        }
        std::vector<std::pair<std::string, Value>> out;
        out.reserve(members_.size());
        for (const auto& [key, member] : members_) out.emplace_back(key, member.value());
        return Value::object(std::move(out));
    }

    // The child at `token`, or nullptr.
    Tree* child(const std::string& token) {
        open();
        if (value_.is_object()) {
            const auto place = members_.find(token);
            return place == members_.end() ? nullptr : &place->second;
        }
        const auto index = pointer_index(token);
        return index && *index < elements_.size() ? &elements_[*index] : nullptr;
    }
    // RFC 6902 section 4.1; false where the place cannot take a value.
    bool add(const std::string& token, Value added) {
        open();
        if (value_.is_object()) {
            members_.insert_or_assign(token, Tree(std::move(added)));
            return true;
        }
        if (!value_.is_array()) return false;
        const auto index = token == "-" ? elements_.size() : pointer_index(token);
        if (!index || *index > elements_.size()) return false;
        elements_.emplace(elements_.begin() + static_cast<std::ptrdiff_t>(*index),
                          std::move(added));
        return true;
    }
    // Only where child(token) is there.
    void remove(const std::string& token) {
        if (value_.is_object()) {
            members_.erase(token);
            return;
        }
        const auto index = pointer_index(token).value_or(0);
        elements_.erase(elements_.begin() + static_cast<std::ptrdiff_t>(index));
    }

 private:
    void open() {
        if (open_) return;
        open_ = true;
        value_.for_each_element([this](const Value& element) { elements_.emplace_back(element); });
        value_.for_each_member([this](std::string_view key, const Value& member) {
            members_.emplace_hint(members_.end(), key, Tree(member));
        });
        if (value_.is_array()) value_ = Value::array({});
        if (value_.is_object()) value_ = Value::object({});
    }

    Value value_;  // once open, only its type counts for arrays and objects
    bool open_ = false;
    std::vector<Tree> elements_;
    std::map<std::string, Tree> members_;
};

using Problem = std::optional<std::string>;

class Patcher {
 public:
    explicit Patcher(const Value& document) : root_(document) {}

    Value result() const { return root_.value(); }

    // What is wrong with the operation, or nothing where it was applied.
    Problem apply(const Value& operation) {
        if (!operation.is_object()) return "an operation is an object";
        const auto op = text_member(operation, "op");
        if (!op) return "an operation has a text \"op\"";
        const auto path = text_member(operation, "path");
        if (!path) return "an operation has a text \"path\"";
        const auto tokens = pointer_tokens(*path);
        if (!tokens) return fmt::format("path {} is no JSON Pointer", *path);
        if (*op == "remove") return remove(*tokens);
        if (*op == "move" || *op == "copy") return transfer(operation, *op, *tokens);
        if (*op != "add" && *op != "replace" && *op != "test")
            return fmt::format("op {} is none of add, remove, replace, move, copy, test", *op);
        const std::optional<Value> value = operation.find("value");
        if (!value) return fmt::format("op {} has a \"value\"", *op);
        if (*op == "add") return add(*tokens, *value);
        return *op == "replace" ? replace(*tokens, *value) : test(*tokens, *value);
    }

 private:
    static std::optional<std::string> text_member(const Value& operation, std::string_view key) {
        const std::optional<Value> member = operation.find(key);
        return member ? member->as_string() : std::nullopt;
    }
    static std::string shown(const Tokens& tokens) {
        std::string out;
        for (const std::string& token : tokens) out += "/" + pointer_escape(token);
        return out.empty() ? "the whole document" : out;
    }
    static Problem nothing_at(const Tokens& tokens) {
        return fmt::format("there is nothing at {}", shown(tokens));
    }

    Tree* find(const Tokens& tokens, std::size_t count) {
        Tree* tree = &root_;
        for (std::size_t i = 0; i < count && tree != nullptr; ++i) tree = tree->child(tokens[i]);
        return tree;
    }
    Tree* find(const Tokens& tokens) { return find(tokens, tokens.size()); }

    Problem add(const Tokens& tokens, const Value& value) {
        if (tokens.empty()) {
            root_ = Tree(value);
            return std::nullopt;
        }
        Tree* parent = find(tokens, tokens.size() - 1);
        if (parent == nullptr || !parent->add(tokens.back(), value))
            return fmt::format("nothing can be added at {}", shown(tokens));
        return std::nullopt;
    }
    Problem remove(const Tokens& tokens) {
        if (tokens.empty()) return "the whole document cannot be removed";
        Tree* parent = find(tokens, tokens.size() - 1);
        if (parent == nullptr || parent->child(tokens.back()) == nullptr) return nothing_at(tokens);
        parent->remove(tokens.back());
        return std::nullopt;
    }
    Problem replace(const Tokens& tokens, const Value& value) {
        Tree* place = find(tokens);
        if (place == nullptr) return nothing_at(tokens);
        *place = Tree(value);
        return std::nullopt;
    }
    Problem test(const Tokens& tokens, const Value& value) {
        const Tree* place = find(tokens);
        if (place == nullptr) return nothing_at(tokens);
        if (place->value() == value) return std::nullopt;
        return fmt::format("the value at {} is another one", shown(tokens));
    }
    Problem transfer(const Value& operation, const std::string& op, const Tokens& to) {
        const auto text = text_member(operation, "from");
        const auto from = text ? pointer_tokens(*text) : std::nullopt;
        if (!from) return fmt::format("op {} has a JSON Pointer \"from\"", op);
        const Tree* source = find(*from);
        if (source == nullptr) return nothing_at(*from);
        if (op == "move" && from == to) return std::nullopt;
        const bool inside =
            from->size() < to.size() && std::equal(from->begin(), from->end(), to.begin());
        if (op == "move" && inside) return fmt::format("{} lies inside what is moved", shown(to));
        const Value value = source->value();
        if (op == "move") {
            if (Problem problem = remove(*from)) return problem;
        }
        return add(to, value);
    }

    Tree root_;
};

}  // namespace

Result<Value, PatchError> apply_json_patch(const Value& document, const Value& patch) {
    if (!patch.is_array()) return fail(PatchError{0, "a JSON Patch is an array of operations"});
    Patcher patcher(document);
    PatchError error;
    bool failed = false;
    patch.for_each_element([&](const Value& operation) {
        if (failed) return;
        if (const Problem problem = patcher.apply(operation)) {
            failed = true;
            error.message = *problem;
            return;
        }
        ++error.operation;
    });
    if (failed) return fail(error);
    return patcher.result();
}

}  // namespace skein::json
