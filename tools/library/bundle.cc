#include "tools/library/bundle.h"

#include "engine/json/writer.h"
#include "tools/library/head_list.h"

namespace skein {

std::uint64_t BundleContent::events() const { return sum_of(positions); }

json::Value BundleContent::document() const {
    json::ObjectWriter out;
    out.member_number("bytes", bytes);
    out.member_number("commands", commands);
    out.member_number("events", events());
    out.member_text("incarnation", incarnation.str());
    out.member_text("schema", "skein.bundle/1");
    out.member("shards", heads_document(positions, hashes));
    out.member_text("store_id", store_id.str());
    return out.value();
}

}  // namespace skein
