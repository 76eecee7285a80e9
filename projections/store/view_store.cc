#include "projections/store/view_store.h"

namespace skein::projections::store {

std::optional<Row> ViewStore::seek_for_prev(std::string_view at_most,
                                            std::string_view at_least) const {
    const std::unique_ptr<RowCursor> rows = walk(at_least, std::string(at_most) + '\0');
    if (!rows->seek_for_prev(at_most)) return std::nullopt;
    return Row{std::string(rows->key()), std::string(rows->value())};
}

void ViewStore::scan(std::string_view from, std::string_view to, const Visit& visit) const {
    const std::unique_ptr<RowCursor> rows = walk(from, to);
    for (bool found = rows->seek(from); found; found = rows->next())
        if (!visit(rows->key(), rows->value())) return;
}

}  // namespace skein::projections::store
