// Where the views of a store in Postgres stand on this machine: DIRECTORY/postgres/STORE/N, made
// from the log alone, so any of it may be removed while nobody uses it.
//
// Rows on disk have one owner: each process takes the first place that no other one uses, and finds
// there what was projected before.
// Threads: one owner. Errors: Fault kUnavailable (no permission, disk), kOverloaded (too many).
// Source: design sections 4 and 6.
#pragma once

#include <filesystem>

#include "engine/base/ids.h"

namespace skein {

class ViewsPlace {
 public:
    ViewsPlace(const std::filesystem::path& directory, const Uuid& store_id);
    ~ViewsPlace();
    ViewsPlace(const ViewsPlace&) = delete;
    ViewsPlace& operator=(const ViewsPlace&) = delete;

    const std::filesystem::path& path() const { return path_; }

 private:
    std::filesystem::path path_;
    int lock_ = -1;  // held for as long as this lives
};

}  // namespace skein
