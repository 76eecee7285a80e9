// CowMap: a sorted map whose copies share structure. Copying is O(1); a change copies only the
// nodes on its path, and none where this copy is the only owner, so a state that nobody else holds
// is changed in place. Sorted order makes every walk deterministic. The tree is that of cow_node.h.
//
// Threads: distinct copies may be used from distinct threads; one copy needs outside locking.
// Errors: none. Cost: find, put, erase O(log n); walk O(n).
#pragma once

#include <cstddef>
#include <memory>
#include <utility>

#include "engine/base/cow_node.h"

namespace skein {

template <class Key, class T>
class CowMap {
 public:
    using Entry = std::pair<Key, T>;

    std::size_t size() const { return size_; }
    bool empty() const { return size_ == 0; }
    // What the places of the entries take, without what these own elsewhere: nodes are two thirds
    // full.
    std::size_t memory_bytes() const { return size_ * sizeof(Entry) * 3 / 2; }

    // The entry under `key`, or nullptr. Valid until this copy changes.
    template <class K>
    const T* find(const K& key) const {
        const Node* node = root_.get();
        while (node != nullptr && !node->children.empty())
            node = node->children[Node::child_at(*node, key)].get();
        if (node == nullptr) return nullptr;
        const auto place = Node::lower(*node, key);
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
        Node* node = &Node::own(root_);
        while (!node->children.empty())
            node = &Node::own(node->children[Node::child_at(*node, key)]);
        const auto place = Node::lower(*node, key) - node->entries.begin();
        return &node->entries[static_cast<std::size_t>(place)].second;
    }

    // Adds or replaces.
    void put(Key key, T value) {
        if (!root_) root_ = std::make_shared<Node>();
        auto put = Node::put_into(root_, std::move(key), std::move(value));
        if (put.is_new) ++size_;
        if (!put.right) return;
        auto top = std::make_shared<Node>();
        top->keys = {Node::first_key(*root_), Node::first_key(*put.right)};
        top->children = {std::move(root_), std::move(put.right)};
        root_ = std::move(top);
    }

    // Returns whether there was one.
    template <class K>
    bool erase(const K& key) {
        if (find(key) == nullptr) return false;
        Node::erase_from(root_, key);
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
        if (root_) Node::walk(*root_, visit);
    }

    // The same for change in place: every node becomes this copy's own.
    template <class Visit>
    void for_each_mutable(Visit&& visit) {
        if (root_) Node::walk_mutable(root_, visit);
    }

    // Calls visit(key, value) in key order from the first key > `after` on, while it returns true.
    template <class K, class Visit>
    void for_each_after(const K& after, Visit&& visit) const {
        if (root_) Node::walk_after(*root_, after, visit);
    }

    // The same tree, not merely equal content: a quick "nothing changed".
    bool same_as(const CowMap& other) const { return root_ == other.root_; }

 private:
    using Node = CowNode<Key, T>;

    std::shared_ptr<Node> root_;
    std::size_t size_ = 0;
};

}  // namespace skein
