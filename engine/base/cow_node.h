// CowNode: the nodes of CowMap, and what is done to a tree of them.
//
// A B+ tree: leaves hold up to kNodeMax sorted entries, inner nodes the smallest key of each child.
// Invariants: every node but the root holds at least 1 entry; all leaves stand at one depth;
// children are sorted and do not overlap.
// Threads: as cow_map.h. Errors: none.
#pragma once

#include <algorithm>
#include <cstddef>
#include <memory>
#include <utility>
#include <vector>

namespace skein {

template <class Key, class T>
struct CowNode {
    using Entry = std::pair<Key, T>;
    using Shared = std::shared_ptr<CowNode>;
    static constexpr std::size_t kNodeMax = 32;  // two cache lines of pointers; splits stay cheap

    std::vector<Entry> entries;    // leaves only
    std::vector<Key> keys;         // inner only: first key of each child
    std::vector<Shared> children;  // inner only

    static const Key& first_key(const CowNode& node) {
        return node.children.empty() ? node.entries.front().first : node.keys.front();
    }
    template <class K>
    static auto lower(const CowNode& node, const K& key) {
        return std::lower_bound(node.entries.begin(), node.entries.end(), key,
                                [](const Entry& entry, const K& k) { return entry.first < k; });
    }
    template <class K>
    static std::size_t child_at(const CowNode& node, const K& key) {
        const auto above = std::upper_bound(node.keys.begin(), node.keys.end(), key,
                                            [](const K& k, const Key& first) { return k < first; });
        return above == node.keys.begin() ? 0
                                          : static_cast<std::size_t>(above - node.keys.begin()) - 1;
    }
    static CowNode& own(Shared& node) {
        if (node.use_count() != 1) node = std::make_shared<CowNode>(*node);
        return *node;
    }

    struct Put {
        Shared right;  // the new sibling where the node had to be split
        bool is_new = false;
    };
    static Put put_into(Shared& shared, Key key, T value) {
        CowNode& node = own(shared);
        if (!node.children.empty()) return put_into_inner(node, std::move(key), std::move(value));
        const auto at = static_cast<std::ptrdiff_t>(lower(node, key) - node.entries.begin());
        const auto place = node.entries.begin() + at;
        if (place != node.entries.end() && place->first == key) {
            place->second = std::move(value);
            return {};
        }
        node.entries.emplace(place, std::move(key), std::move(value));
        if (node.entries.size() <= kNodeMax) return {nullptr, true};
        auto right = std::make_shared<CowNode>();
        const auto cut = node.entries.begin() + split_at(at, node.entries.size());
        right->entries.assign(std::make_move_iterator(cut),
                              std::make_move_iterator(node.entries.end()));
        node.entries.erase(cut, node.entries.end());
        return {std::move(right), true};
    }

    static Put put_into_inner(CowNode& node, Key key, T value) {
        const std::size_t at = child_at(node, key);
        Put put = put_into(node.children[at], std::move(key), std::move(value));
        node.keys[at] = first_key(*node.children[at]);
        if (!put.right) return put;
        const auto offset = static_cast<std::ptrdiff_t>(at) + 1;
        node.keys.insert(node.keys.begin() + offset, first_key(*put.right));
        node.children.insert(node.children.begin() + offset, std::exchange(put.right, nullptr));
        if (node.children.size() <= kNodeMax) return put;
        auto sibling = std::make_shared<CowNode>();
        const auto cut = split_at(offset, node.children.size());
        sibling->keys.assign(node.keys.begin() + cut, node.keys.end());
        sibling->children.assign(node.children.begin() + cut, node.children.end());
        node.keys.erase(node.keys.begin() + cut, node.keys.end());
        node.children.erase(node.children.begin() + cut, node.children.end());
        put.right = std::move(sibling);
        return put;
    }

    // Half, but where the newest went to the very end most stays left: ascending keys fill nodes.
    static std::ptrdiff_t split_at(std::ptrdiff_t inserted, std::size_t count) {
        const auto size = static_cast<std::ptrdiff_t>(count);
        return inserted == size - 1 ? size - 1 : size / 2;
    }

    template <class K>
    static void erase_from(Shared& shared, const K& key) {
        CowNode& node = own(shared);
        if (node.children.empty()) {
            node.entries.erase(node.entries.begin() + (lower(node, key) - node.entries.begin()));
            return;
        }
        const std::size_t at = child_at(node, key);
        erase_from(node.children[at], key);
        CowNode& child = *node.children[at];
        const auto offset = static_cast<std::ptrdiff_t>(at);
        if (child.entries.empty() && child.children.empty()) {
            node.children.erase(node.children.begin() + offset);
            node.keys.erase(node.keys.begin() + offset);
        } else {
            node.keys[at] = first_key(child);
        }
    }

    template <class Visit>
    static void walk(const CowNode& node, Visit& visit) {
        for (const Entry& entry : node.entries) visit(entry.first, entry.second);
        for (const auto& child : node.children) walk(*child, visit);
    }

    template <class Visit>
    static void walk_mutable(Shared& shared, Visit& visit) {
        CowNode& node = own(shared);
        for (Entry& entry : node.entries) visit(std::as_const(entry.first), entry.second);
        for (auto& child : node.children) walk_mutable(child, visit);
    }

    template <class K, class Visit>
    static bool walk_after(const CowNode& node, const K& after, Visit& visit) {
        for (auto entry = lower(node, after); entry != node.entries.end(); ++entry) {
            if (!(entry->first == after) && !visit(entry->first, entry->second)) return false;
        }
        const std::size_t first = node.children.empty() ? 0 : child_at(node, after);
        for (std::size_t i = first; i < node.children.size(); ++i) {
            if (!walk_after(*node.children[i], after, visit)) return false;
        }
        return true;
    }
};

}  // namespace skein
