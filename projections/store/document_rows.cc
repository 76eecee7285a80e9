#include "projections/store/document_rows.h"

#include <algorithm>

#include "projections/store/key_kinds.h"

namespace skein::projections::store {

namespace {

constexpr std::size_t kShardBytes = 4;

// What the rows of one document and number have in common; empty where `key` is none of them.
std::string_view prefix_of(std::string_view key) {
    const std::size_t scope_end = key.find('\0', std::min(key.size(), kShardBytes));
    if (scope_end == std::string_view::npos || scope_end + 1 >= key.size()) return {};
    const auto kind = static_cast<KeyKind>(key[scope_end + 1]);
    if (kind != KeyKind::kDelta && kind != KeyKind::kVersion) return {};
    const std::size_t suffix_end = key.find('\0', scope_end + 2);
    return suffix_end == std::string_view::npos ? std::string_view()
                                                : key.substr(0, suffix_end + 1);
}

class DocumentRows final : public rocksdb::SliceTransform {
 public:
    const char* Name() const override { return "skein.DocumentRows"; }
    rocksdb::Slice Transform(const rocksdb::Slice& key) const override {
        const std::string_view prefix = prefix_of({key.data(), key.size()});
        return {prefix.data(), prefix.size()};
    }
    bool InDomain(const rocksdb::Slice& key) const override {
        return !prefix_of({key.data(), key.size()}).empty();
    }
};

}  // namespace

std::shared_ptr<const rocksdb::SliceTransform> document_rows() {
    return std::make_shared<DocumentRows>();
}

rocksdb::ReadOptions read_options_between(std::string_view from, std::string_view to) {
    rocksdb::ReadOptions options;
    const std::string_view prefix = prefix_of(from);
    options.total_order_seek = prefix.empty() || prefix != prefix_of(to);
    return options;
}

}  // namespace skein::projections::store
