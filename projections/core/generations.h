// Generations: the directories g000001, g000002, ... of a view directory, and which one is live.
//
// LOST-EVENTS says what the log has lost, see lost_events(). CURRENT names the live one; it changes
// by a written, synced and renamed file, and a sync of the directory. A generation that is neither
// live nor marked as finished is what a crash left of a rebuild: open() removes it. Without a
// directory everything is kept in memory.
// Threads: all methods from any thread. Errors: Fault kUnavailable where files cannot be written.
// Source: design section 6.
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "projections/store/rocks_view_store.h"
#include "projections/store/view_store.h"

namespace skein::projections::core {

class Generations {
 public:
    // `directory` empty: in memory. `files` are those of the rows; null: the system's.
    Generations(std::filesystem::path directory, std::size_t block_cache_bytes,
                std::shared_ptr<rocksdb::FileSystem> files = nullptr);

    std::optional<std::string> live() const;
    std::vector<std::string> finished() const;  // those beside the live one, in order
    // A new, empty generation that nobody sees yet.
    std::string make();
    // The same store for all who hold it at one time.
    std::shared_ptr<store::ViewStore> open(const std::string& name);

    // That the log had lost events which a generation knew of is kept until it is accepted, over
    // the generations and the processes; empty where there is nothing to say.
    std::string lost_events() const;
    void note_lost_events(const std::string& what);
    void accept_lost_events();

    void make_live(const std::string& name);
    void mark_finished(const std::string& name);
    // Its files go when the last user lets go of its store.
    void remove(const std::string& name);

 private:
    std::filesystem::path path_of(const std::string& name) const { return directory_ / name; }
    std::filesystem::path mark_of(const std::string& name) const;
    void read_directory();

    const std::filesystem::path directory_;
    std::shared_ptr<const store::BlockCache> block_cache_;
    const std::shared_ptr<rocksdb::FileSystem> files_;
    mutable std::mutex mutex_;  // guards what follows
    std::optional<std::string> live_;
    std::map<std::string, bool> names_;  // whether it may be believed: live or finished
    std::map<std::string, std::weak_ptr<store::ViewStore>> open_;
    std::map<std::string, std::shared_ptr<store::ViewStore>> in_memory_;
    std::uint64_t last_number_ = 0;
};

}  // namespace skein::projections::core
