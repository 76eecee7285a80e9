// CowMap: a sorted map whose copies share structure. Copying is O(1); a change copies only the
// nodes on its path, and none where this copy is the only owner, so a state that nobody else holds
// is changed in place. Sorted order makes every walk deterministic.
//
// A B+ tree: leaves hold up to kNodeMax sorted entries, inner nodes the smallest key of each child.
// Invariants: every node but the root holds at least 1 entry; all leaves stand at one depth;
// children are sorted and do not overlap.
// Threads: distinct copies may be used from distinct threads; one copy needs outside locking.
// Errors: none. Cost: find, put, erase O(log n); walk O(n).
#pragma once

#include <algorithm>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/base/check.h"

namespace skein {

template <class Key, class T>
class CowMap {
 public:
    using Entry = std::pair<Key, T>;

    std::size_t size() const { return size_; }
    bool empty() const { return size_ == 0; }

    // The entry under `key`, or nullptr. Valid until this copy changes.
    template <class K>
    const T* find(const K& key) const {
        const Node* node = root_.get();
        while (node != nullptr && !node->children.empty())
            node = node->children[child_at(*node, key)].get();
        if (node == nullptr) return nullptr;
        const auto place = lower(*node, key);
        return place != node->entries.end() && place->first == key ? &place->second : nullptr;
    }

    template <class K>
    bool contains(const K& key) const {
        return find(key) != nullptr;
    }

    // For change in place: the entry under `key`, made this copy's own, or nullptr where absent.
    template <class K>
    T* find_mutable(const K& key) {
        if (find(key) == nullptr) return nullptr;
        Node* node = &own(root_);
        while (!node->children.empty()) node = &own(node->children[child_at(*node, key)]);
        return &node->entries[static_cast<std::size_t>(lower(*node, key) - node->entries.begin())]
                    .second;
    }

    // Adds or replaces.
    void put(Key key, T value) {
        if (!root_) root_ = std::make_shared<Node>();
        std::shared_ptr<Node> right = put_into(root_, std::move(key), std::move(value));
        if (!right) return;
        auto top = std::make_shared<Node>();
        top->keys = {first_key(*root_), first_key(*right)};
        top->children = {std::move(root_), std::move(right)};
        root_ = std::move(top);
    }

    // Returns whether there was one.
    template <class K>
    bool erase(const K& key) {
        if (find(key) == nullptr) return false;
        erase_from(root_, key);
        --size_;
        while (root_ && root_->children.size() == 1)
            root_ = std::shared_ptr<Node>(root_->children[0]);
        if (size_ == 0) root_.reset();
        return true;
    }

    void clear() {
        root_.reset();
        size_ = 0;
    }

    // Calls visit(key, value) in key order.
    template <class Visit>
    void for_each(Visit&& visit) const {
        if (root_) walk(*root_, visit);
    }

    // The same for change in place: every node becomes this copy's own.
    template <class Visit>
    void for_each_mutable(Visit&& visit) {
        if (root_) walk_mutable(root_, visit);
    }

    // Calls visit(key, value) in key order from the first key > `after` on, while it returns true.
    template <class K, class Visit>
    void for_each_after(const K& after, Visit&& visit) const {
        if (root_) walk_after(*root_, after, visit);
    }

    // The same tree, not merely equal content: a quick "nothing changed".
    bool same_as(const CowMap& other) const { return root_ == other.root_; }

 private:
    static constexpr std::size_t kNodeMax = 32;  // two cache lines of pointers; splits stay cheap

    struct Node {
        std::vector<Entry> entries;                   // leaves only
        std::vector<Key> keys;                        // inner only: first key of each child
        std::vector<std::shared_ptr<Node>> children;  // inner only
    };

    static const Key& first_key(const Node& node) {
        return node.children.empty() ? node.entries.front().first : node.keys.front();
    }
    template <class K>
    static auto lower(const Node& node, const K& key) {
        return std::lower_bound(node.entries.begin(), node.entries.end(), key,
                                [](const Entry& entry, const K& k) { return entry.first < k; });
    }
    template <class K>
    static std::size_t child_at(const Node& node, const K& key) {
        const auto above = std::upper_bound(node.keys.begin(), node.keys.end(), key,
                                            [](const K& k, const Key& first) { return k < first; });
        return above == node.keys.begin() ? 0
                                          : static_cast<std::size_t>(above - node.keys.begin()) - 1;
    }
    static Node& own(std::shared_ptr<Node>& node) {
        if (node.use_count() != 1) node = std::make_shared<Node>(*node);
        return *node;
    }

    // Returns the new right sibling where the node had to be split.
    std::shared_ptr<Node> put_into(std::shared_ptr<Node>& shared, Key key, T value) {
        Node& node = own(shared);
        if (!node.children.empty()) return put_into_inner(node, std::move(key), std::move(value));
        const auto at = static_cast<std::ptrdiff_t>(lower(node, key) - node.entries.begin());
        const auto place = node.entries.begin() + at;
        if (place != node.entries.end() && place->first == key) {
            place->second = std::move(value);
            return nullptr;
        }
        node.entries.emplace(place, std::move(key), std::move(value));
        ++size_;
        if (node.entries.size() <= kNodeMax) return nullptr;
        auto right = std::make_shared<Node>();
        const auto cut = node.entries.begin() + split_at(at, node.entries.size());
        right->entries.assign(std::make_move_iterator(cut),
                              std::make_move_iterator(node.entries.end()));
        node.entries.erase(cut, node.entries.end());
        return right;
    }

    std::shared_ptr<Node> put_into_inner(Node& node, Key key, T value) {
        const std::size_t at = child_at(node, key);
        std::shared_ptr<Node> right = put_into(node.children[at], std::move(key), std::move(value));
        node.keys[at] = first_key(*node.children[at]);
        if (!right) return nullptr;
        const auto offset = static_cast<std::ptrdiff_t>(at) + 1;
        node.keys.insert(node.keys.begin() + offset, first_key(*right));
        node.children.insert(node.children.begin() + offset, std::move(right));
        if (node.children.size() <= kNodeMax) return nullptr;
        auto sibling = std::make_shared<Node>();
        const auto cut = split_at(offset, node.children.size());
        sibling->keys.assign(node.keys.begin() + cut, node.keys.end());
        sibling->children.assign(node.children.begin() + cut, node.children.end());
        node.keys.erase(node.keys.begin() + cut, node.keys.end());
        node.children.erase(node.children.begin() + cut, node.children.end());
        return sibling;
    }

    // Half, but where the newest went to the very end most stays left: ascending keys fill nodes.
    static std::ptrdiff_t split_at(std::ptrdiff_t inserted, std::size_t count) {
        const auto size = static_cast<std::ptrdiff_t>(count);
        return inserted == size - 1 ? size - 1 : size / 2;
    }

    template <class K>
    static void erase_from(std::shared_ptr<Node>& shared, const K& key) {
        Node& node = own(shared);
        if (node.children.empty()) {
            node.entries.erase(node.entries.begin() + (lower(node, key) - node.entries.begin()));
            return;
        }
        const std::size_t at = child_at(node, key);
        erase_from(node.children[at], key);
        Node& child = *node.children[at];
        const auto offset = static_cast<std::ptrdiff_t>(at);
        if (child.entries.empty() && child.children.empty()) {
            node.children.erase(node.children.begin() + offset);
            node.keys.erase(node.keys.begin() + offset);
        } else {
            node.keys[at] = first_key(child);
        }
    }

    template <class Visit>
    static void walk(const Node& node, Visit& visit) {
        for (const Entry& entry : node.entries) visit(entry.first, entry.second);
        for (const auto& child : node.children) walk(*child, visit);
    }

    template <class Visit>
    static void walk_mutable(std::shared_ptr<Node>& shared, Visit& visit) {
        Node& node = own(shared);
        for (Entry& entry : node.entries) visit(std::as_const(entry.first), entry.second);
        for (auto& child : node.children) walk_mutable(child, visit);
    }

    template <class K, class Visit>
    static bool walk_after(const Node& node, const K& after, Visit& visit) {
        for (auto entry = lower(node, after); entry != node.entries.end(); ++entry) {
            if (!(entry->first == after) && !visit(entry->first, entry->second)) return false;
        }
        const std::size_t first = node.children.empty() ? 0 : child_at(node, after);
        for (std::size_t i = first; i < node.children.size(); ++i) {
            if (!walk_after(*node.children[i], after, visit)) return false;
        }
        return true;
    }

    std::shared_ptr<Node> root_;
    std::size_t size_ = 0;
};

}  // namespace skein
