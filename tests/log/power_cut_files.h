// A file system in memory that can lose its power: what was not synced is dropped or torn,
// directory entries included. For tests of what is durable.
//
// A file's bytes are durable to the length of its last sync, a directory's entries (created,
// renamed and removed names) to its last fsync. At a cut, of what is not durable a random part
// survives: of each file a random prefix of what was written, in which single 512-byte sectors are
// filled with other bytes; of each directory a random prefix of its changes, in their order.
// Threads: all methods from any thread; one mutex. Errors: after cut() every call fails with IOError
// until restore(). Invariant: a synced byte under a durable name is never lost.
#pragma once

#include <rocksdb/file_system.h>

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "engine/base/random.h"

namespace skein::log::test {

enum class SyncMode { kHonest, kLying };  // lying: says yes and does nothing

struct CutReport {
    std::uint64_t bytes_dropped = 0;
    std::uint64_t sectors_torn = 0;
    std::uint64_t files_torn = 0;       // with a part of what was not synced
    std::uint64_t entries_dropped = 0;  // changes of directories
};

class PowerCutFiles final : public rocksdb::FileSystemWrapper {
 public:
    explicit PowerCutFiles(SyncMode mode);
    ~PowerCutFiles() override;
    const char* Name() const override { return "PowerCutFiles"; }

    // The power goes at the n-th write or sync from now on, in its middle; 0: at once.
    void cut_after(std::uint64_t operations);
    // The power goes before the n-th sync from now on of a file whose path has this part: what was
    // written since the sync before is torn.
    void cut_at_sync(std::string path_part, std::uint64_t nth);
    bool is_cut() const { return is_cut_; }
    // What survived becomes what stands; the power is back.
    CutReport restore(SeededRandom& random);
    // Syncs fail from now on and throw away what they should have synced, until restore().
    void fail_syncs() { fails_syncs_ = true; }
    void heal_syncs() { fails_syncs_ = false; }
    void set_full(bool is_full) { is_full_ = is_full; }

    // For tests that damage files.
    std::vector<std::string> names() const;
    std::string bytes_of(const std::string& path) const;
    void set_bytes(const std::string& path, std::string bytes);
    // All files, by their paths; and a disk that holds just these, durable.
    std::map<std::string, std::string> image() const;
    void set_image(const std::map<std::string, std::string>& image);

    rocksdb::IOStatus NewSequentialFile(const std::string& path, const rocksdb::FileOptions&,
                                        std::unique_ptr<rocksdb::FSSequentialFile>* result,
                                        rocksdb::IODebugContext*) override;
    rocksdb::IOStatus NewRandomAccessFile(const std::string& path, const rocksdb::FileOptions&,
                                          std::unique_ptr<rocksdb::FSRandomAccessFile>* result,
                                          rocksdb::IODebugContext*) override;
    rocksdb::IOStatus NewWritableFile(const std::string& path, const rocksdb::FileOptions&,
                                      std::unique_ptr<rocksdb::FSWritableFile>* result,
                                      rocksdb::IODebugContext*) override;
    rocksdb::IOStatus ReopenWritableFile(const std::string& path, const rocksdb::FileOptions&,
                                         std::unique_ptr<rocksdb::FSWritableFile>* result,
                                         rocksdb::IODebugContext*) override;
    rocksdb::IOStatus NewDirectory(const std::string& path, const rocksdb::IOOptions&,
                                   std::unique_ptr<rocksdb::FSDirectory>* result,
                                   rocksdb::IODebugContext*) override;
    rocksdb::IOStatus FileExists(const std::string& path, const rocksdb::IOOptions&,
                                 rocksdb::IODebugContext*) override;
    rocksdb::IOStatus GetChildren(const std::string& path, const rocksdb::IOOptions&,
                                  std::vector<std::string>* result,
                                  rocksdb::IODebugContext*) override;
    rocksdb::IOStatus DeleteFile(const std::string& path, const rocksdb::IOOptions&,
                                 rocksdb::IODebugContext*) override;
    rocksdb::IOStatus Truncate(const std::string& path, std::size_t size, const rocksdb::IOOptions&,
                               rocksdb::IODebugContext*) override;
    rocksdb::IOStatus CreateDir(const std::string& path, const rocksdb::IOOptions&,
                                rocksdb::IODebugContext*) override;
    rocksdb::IOStatus CreateDirIfMissing(const std::string& path, const rocksdb::IOOptions&,
                                         rocksdb::IODebugContext*) override;
    rocksdb::IOStatus GetFileSize(const std::string& path, const rocksdb::IOOptions&,
                                  std::uint64_t* size, rocksdb::IODebugContext*) override;
    rocksdb::IOStatus GetFileModificationTime(const std::string& path, const rocksdb::IOOptions&,
                                              std::uint64_t* time,
                                              rocksdb::IODebugContext*) override;
    rocksdb::IOStatus GetAbsolutePath(const std::string& path, const rocksdb::IOOptions&,
                                      std::string* result, rocksdb::IODebugContext*) override;
    rocksdb::IOStatus RenameFile(const std::string& from, const std::string& to,
                                 const rocksdb::IOOptions&, rocksdb::IODebugContext*) override;
    rocksdb::IOStatus LockFile(const std::string& path, const rocksdb::IOOptions&,
                               rocksdb::FileLock** lock, rocksdb::IODebugContext*) override;
    rocksdb::IOStatus UnlockFile(rocksdb::FileLock* lock, const rocksdb::IOOptions&,
                                 rocksdb::IODebugContext*) override;
    rocksdb::IOStatus IsDirectory(const std::string& path, const rocksdb::IOOptions&,
                                  bool* is_directory, rocksdb::IODebugContext*) override;
    rocksdb::IOStatus GetFreeSpace(const std::string& path, const rocksdb::IOOptions&,
                                   std::uint64_t* free, rocksdb::IODebugContext*) override;
    rocksdb::IOStatus NewLogger(const std::string& path, const rocksdb::IOOptions&,
                                std::shared_ptr<rocksdb::Logger>* result,
                                rocksdb::IODebugContext*) override;

    struct Content {
        std::string path;  // as it was made
        std::string bytes;
        std::string durable;  // as of the last sync
    };
    // For the files handed out.
    rocksdb::IOStatus append(Content& content, std::string_view data);
    rocksdb::IOStatus write_at(Content& content, std::uint64_t offset, std::string_view data);
    rocksdb::IOStatus sync(Content& content);
    rocksdb::IOStatus sync_directory(const std::string& path);
    rocksdb::IOStatus read(const Content& content, std::uint64_t offset, std::size_t count,
                           rocksdb::Slice* result, char* scratch) const;
    rocksdb::IOStatus truncate(Content& content, std::uint64_t size);
    std::uint64_t size_of(const Content& content) const;

 private:
    using Names = std::map<std::string, std::shared_ptr<Content>>;
    struct Change {  // of a directory; `content` null: the name was removed
        std::string path;
        std::shared_ptr<Content> content;
        std::string removed;  // of a rename: the name before
    };

    bool passes_cut();  // counts an operation down; true where the power is off
    void change(Change change);
    static void apply(Names& names, const Change& change);
    static std::string survivor(const Content& content, SeededRandom& random, CutReport& report);

    const SyncMode mode_;
    mutable std::mutex mutex_;
    Names names_;                  // guarded by mutex_: as processes see them
    Names durable_names_;          // guarded by mutex_
    std::vector<Change> changes_;  // guarded by mutex_: not yet durable, in order
    std::map<std::string, bool> directories_;
    std::map<std::string, bool> locks_;
    std::uint64_t operations_left_ = ~0ULL;
    std::string aimed_at_;  // a part of paths; empty: none
    std::uint64_t syncs_left_ = 0;
    std::atomic<bool> is_cut_{false};
    std::atomic<bool> fails_syncs_{false};
    std::atomic<bool> is_full_{false};
};

}  // namespace skein::log::test
