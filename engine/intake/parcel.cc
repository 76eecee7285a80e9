#include "engine/intake/parcel.h"

#include <algorithm>

#include "engine/base/hash.h"

namespace skein::intake {

namespace {

std::optional<std::string> owned(std::string_view bytes) {
    if (bytes.data() == nullptr) return std::nullopt;
    return std::string(bytes);
}

std::string_view view(const std::optional<std::string>& bytes) {
    return bytes ? std::string_view(*bytes) : std::string_view();
}

}  // namespace

std::size_t Parcel::bytes() const {
    std::size_t bytes = view(key).size() + view(value).size();
    for (const auto& [name, content] : headers) bytes += name.size() + view(content).size();
    return bytes;
}

std::optional<std::string_view> Parcel::header(std::string_view name) const {
    const auto found = std::find_if(headers.rbegin(), headers.rend(),
                                    [&](const auto& header) { return header.first == name; });
    if (found == headers.rend() || !found->second) return std::nullopt;
    return *found->second;
}

void Parcel::remove_header(std::string_view name) {
    std::erase_if(headers, [&](const auto& header) { return header.first == name; });
}

void Parcel::set_header(std::string_view name, std::string content) {
    remove_header(name);
    headers.emplace_back(name, std::move(content));
}

bus::Record Parcel::record() const {
    bus::Record record;
    record.key = view(key);
    record.value = view(value);
    record.headers.reserve(headers.size());
    for (const auto& [name, content] : headers) record.headers.push_back({name, view(content)});
    return record;
}

Parcel copy_of(const bus::Record& record) {
    Parcel parcel;
    parcel.key = owned(record.key);
    parcel.value = owned(record.value);
    parcel.headers.reserve(record.headers.size());
    for (const bus::Header& header : record.headers)
        parcel.headers.emplace_back(header.name, owned(header.value));
    return parcel;
}

std::uint64_t mark_of(const bus::StoredRecord& stored) {
    const auto time = static_cast<std::uint64_t>(stored.timestamp_ms);
    const std::uint64_t hash = xxh3_64(stored.record.value, xxh3_64(stored.record.key, time));
    return std::max<std::uint64_t>(hash >> 1U, 1);  // Postgres has no unsigned numbers
}

}  // namespace skein::intake
