#include "engine/replay/where.h"

#include <fmt/format.h>

#include <charconv>
#include <string>
#include <vector>

#include "engine/domain/codes.h"
#include "engine/json/parse.h"
#include "engine/json/patch.h"

namespace skein::replay {

namespace {

using domain::Rejection;
using ConditionPtr = std::shared_ptr<const Condition>;

constexpr std::size_t kNestingMax = 64;  // of parentheses and nots: far above what a person types

enum class Op { kEqual, kUnequal, kLess, kLessEqual, kGreater, kGreaterEqual, kContains };

struct OpWord {
    std::string_view word;
    Op op;
};
// Longer ones first: "<=" must not be read as "<".
constexpr OpWord kOps[] = {
    {"==", Op::kEqual}, {"!=", Op::kUnequal}, {"<=", Op::kLessEqual}, {">=", Op::kGreaterEqual},
    {"=", Op::kEqual},  {"<", Op::kLess},     {">", Op::kGreater},    {"contains", Op::kContains},
};

// "a.b" to "/a/b"; a pointer stays.
std::string to_pointer(std::string_view path) {
    if (path.starts_with('/')) return std::string(path);
    std::string pointer;
    std::size_t begin = 0;
    while (begin <= path.size()) {
        const std::size_t end = std::min(path.find('.', begin), path.size());
        pointer += '/';
        pointer += json::pointer_escape(path.substr(begin, end - begin));
        begin = end + 1;
    }
    return pointer;
}

std::optional<json::Value> look_up(Facts facts, const std::string& pointer) {
    for (const auto& document : facts) {
        if (auto found = json::resolve_pointer(document(), pointer)) return found;
    }
    return std::nullopt;
}

// Exact: a long double holds what 64 bits and what a double can.
std::optional<long double> exact_number(const json::Value& value) {
    if (const auto integer = value.as_integer()) return *integer;
    if (const auto natural = value.as_unsigned_integer()) return *natural;
    return value.as_number();
}

// -1, 0, 1; nullopt where the two have no order.
std::optional<int> order_of(const json::Value& a, const json::Value& b) {
    if (a == b) return 0;
    const auto sign = [](const auto& x, const auto& y) { return x < y ? -1 : 1; };
    if (const auto x = exact_number(a), y = exact_number(b); x && y) return sign(*x, *y);
    if (const auto x = a.as_string(), y = b.as_string(); x && y) return sign(*x, *y);
    return std::nullopt;
}

bool contains(const json::Value& whole, const json::Value& part) {
    if (whole.is_array()) {
        for (const json::Value& element : whole.elements()) {
            if (element == part) return true;
        }
        return false;
    }
    const auto text = part.as_string();
    if (!text) return false;
    if (whole.is_object()) return whole.find(*text).has_value();
    const auto in = whole.as_string();
    return in && in->find(*text) != std::string::npos;
}

// A word that was meant as a number: 01, 0x10, 1e999, or more digits than a number here has.
bool looks_like_number(std::string_view word) {
    if (word.starts_with('-')) word.remove_prefix(1);
    if (word.empty() || word.front() < '0' || word.front() > '9') return false;
    if (word.starts_with("0x") || word.starts_with("0X")) return true;
    double ignored = 0;
    return std::from_chars(word.data(), word.data() + word.size(), ignored).ptr ==
           word.data() + word.size();
}

class Comparison final : public Condition {
 public:
    Comparison(std::string pointer, Op op, json::Value literal)
        : pointer_(std::move(pointer)), op_(op), literal_(std::move(literal)) {}

    bool holds(Facts facts) const override {
        const std::optional<json::Value> value = look_up(facts, pointer_);
        if (!value) return op_ == Op::kUnequal;
        if (op_ == Op::kEqual) return *value == literal_;
        if (op_ == Op::kUnequal) return !(*value == literal_);
        if (op_ == Op::kContains) return contains(*value, literal_);
        const std::optional<int> order = order_of(*value, literal_);
        if (!order) return false;
        if (op_ == Op::kLess) return *order < 0;
        if (op_ == Op::kLessEqual) return *order <= 0;
        if (op_ == Op::kGreater) return *order > 0;
        return *order >= 0;
    }
    void each_path(const std::function<void(std::string_view)>& visit) const override {
        visit(pointer_);
    }

 private:
    std::string pointer_;
    Op op_;
    json::Value literal_;
};

class Exists final : public Condition {
 public:
    explicit Exists(std::string pointer) : pointer_(std::move(pointer)) {}
    bool holds(Facts facts) const override { return look_up(facts, pointer_).has_value(); }
    void each_path(const std::function<void(std::string_view)>& visit) const override {
        visit(pointer_);
    }

 private:
    std::string pointer_;
};

class Not final : public Condition {
 public:
    explicit Not(ConditionPtr inner) : inner_(std::move(inner)) {}
    bool holds(Facts facts) const override { return !inner_->holds(facts); }
    void each_path(const std::function<void(std::string_view)>& visit) const override {
        inner_->each_path(visit);
    }

 private:
    ConditionPtr inner_;
};

enum class Join { kAll, kAny };

class Joined final : public Condition {
 public:
    Joined(Join join, std::vector<ConditionPtr> parts) : join_(join), parts_(std::move(parts)) {}
    bool holds(Facts facts) const override {
        for (const ConditionPtr& part : parts_) {
            if (part->holds(facts) != (join_ == Join::kAll)) return join_ == Join::kAny;
        }
        return join_ == Join::kAll;
    }
    void each_path(const std::function<void(std::string_view)>& visit) const override {
        for (const ConditionPtr& part : parts_) part->each_path(visit);
    }

 private:
    Join join_;
    std::vector<ConditionPtr> parts_;
};

// Recursive descent; the first problem stays and empties everything after it.
class Parser {
 public:
    explicit Parser(std::string_view text) : text_(text) {}

    Result<ConditionPtr, Rejection> parse() {
        ConditionPtr condition = disjunction(0);
        skip_blanks();
        if (problem_.empty() && at_ < text_.size())
            refuse("\"and\", \"or\" or the end is expected");
        if (problem_.empty()) return condition;
        return fail(
            domain::reject(domain::codes::kInvalidCondition,
                           fmt::format("column {} of \"{}\": {}", column_, text_, problem_)));
    }

 private:
    ConditionPtr disjunction(std::size_t depth) { return joined(Join::kAny, "or", depth); }

    ConditionPtr joined(Join join, std::string_view word, std::size_t depth) {
        std::vector<ConditionPtr> parts;
        do {
            parts.push_back(join == Join::kAny ? joined(Join::kAll, "and", depth) : term(depth));
        } while (problem_.empty() && take_word(word));
        return parts.size() == 1 ? parts.front() : std::make_shared<Joined>(join, std::move(parts));
    }

    ConditionPtr term(std::size_t depth) {
        if (depth > kNestingMax) return refuse("too many parentheses");
        if (take_word("not")) return std::make_shared<Not>(term(depth + 1));
        skip_blanks();
        if (take("(")) {
            ConditionPtr inner = disjunction(depth + 1);
            skip_blanks();
            if (problem_.empty() && !take(")")) return refuse("\")\" is expected");
            return inner;
        }
        if (take_word("exists")) return std::make_shared<Exists>(to_pointer(path()));
        const std::string pointer = to_pointer(path());
        if (!problem_.empty()) return nullptr;
        skip_blanks();
        for (const OpWord& candidate : kOps) {
            if (take(candidate.word))
                return std::make_shared<Comparison>(pointer, candidate.op, literal());
        }
        return refuse("one of = != < <= > >= contains is expected after the path");
    }

    std::string path() {
        skip_blanks();
        if (text_.substr(at_).starts_with('"')) return quoted_path();
        const std::size_t end = std::min(text_.find_first_of(" \t=!<>()", at_), text_.size());
        if (end == at_) refuse("a path is expected, like variables.budget or /variables/budget");
        std::string path(text_.substr(at_, end - at_));
        at_ = end;
        return path;
    }

    std::string quoted_path() {
        std::size_t end = at_ + 1;
        while (end < text_.size() && text_[end] != '"') end += text_[end] == '\\' ? 2 : 1;
        const auto path = json::parse(text_.substr(at_, end + 1 - at_));
        if (!path) {
            refuse("a quoted path is a JSON text, like \"/variables/a b\"");
            return {};
        }
        at_ = end + 1;
        return *path->as_string();
    }

    // JSON up to where it ends, or a bare word.
    json::Value literal() {
        skip_blanks();
        const std::size_t begin = at_;
        const std::size_t end = literal_end();
        if (end == begin) {
            refuse("a value is expected, as JSON or as a word");
            return {};
        }
        const std::string_view text = text_.substr(begin, end - begin);
        at_ = end;
        if (auto value = json::parse(text)) return *value;
        if (looks_like_number(text)) {
            at_ = begin;
            refuse(
                fmt::format("{} is no number as JSON has it; as a text it is \"{}\"", text, text));
            return {};
        }
        if (text.find_first_of("\"[{") == std::string_view::npos) return json::Value::string(text);
        at_ = begin;
        refuse("this is neither JSON nor a word");
        return {};
    }

    std::size_t literal_end() const {
        std::size_t nesting = 0;
        bool in_text = false;
        for (std::size_t i = at_; i < text_.size(); ++i) {
            const char c = text_[i];
            if (in_text) {
                if (c == '\\') ++i;
                if (c == '"') in_text = false;
                continue;
            }
            if (nesting == 0 && (c == ' ' || c == '\t' || c == ')' || c == '(')) return i;
            if (c == '"') in_text = true;
            if (c == '[' || c == '{') ++nesting;
            if ((c == ']' || c == '}') && nesting > 0) --nesting;
        }
        return text_.size();
    }

    void skip_blanks() {
        while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\t')) ++at_;
    }
    bool take(std::string_view token) {
        if (!text_.substr(at_).starts_with(token)) return false;
        at_ += token.size();
        return true;
    }
    // A whole word, not the beginning of a longer one.
    bool take_word(std::string_view word) {
        skip_blanks();
        const std::string_view rest = text_.substr(at_);
        if (!rest.starts_with(word)) return false;
        if (rest.size() > word.size() &&
            std::string_view(" \t(").find(rest[word.size()]) == std::string_view::npos)
            return false;
        at_ += word.size();
        return true;
    }
    ConditionPtr refuse(std::string why) {
        if (problem_.empty()) {
            problem_ = std::move(why);
            column_ = at_ + 1;
        }
        return nullptr;
    }

    std::string_view text_;
    std::size_t at_ = 0;
    std::string problem_;
    std::size_t column_ = 0;
};

}  // namespace

Result<ConditionPtr, Rejection> parse_condition(std::string_view text) {
    return Parser(text).parse();
}

}  // namespace skein::replay
