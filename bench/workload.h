// What the benchmarks send: swarms and runs, and changes of 200 bytes.
//
// Threads: as the store that is given. Errors: a refused command ends the process.
#pragma once

#include <cstddef>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>

#include "engine/json/value.h"
#include "tools/library/store.h"

namespace skein::bench {

// Command text. `UpdateContext` of run `run` in swarm `swarm`, one variable set to 200 bytes.
inline constexpr std::size_t kValueBytes = 200;
inline constexpr std::size_t kKeys = 8;
std::string set_command(std::size_t swarm, std::size_t run, std::size_t n);
std::string create_command(std::size_t swarm);
std::string start_command(std::size_t swarm, std::size_t run);
// `UpdateContext` with these updates (a JSON array).
std::string update_command(std::size_t swarm, std::size_t run, const std::string& updates);

json::Value parsed(const std::string& text);

// A new directory, removed at the end. Below SKEIN_BENCH_DIR, or the system's temporary folder.
class ScratchDirectory {
 public:
    ScratchDirectory();
    ~ScratchDirectory();
    ScratchDirectory(const ScratchDirectory&) = delete;
    ScratchDirectory& operator=(const ScratchDirectory&) = delete;
    const std::filesystem::path& path() const { return path_; }

 private:
    std::filesystem::path path_;
};

// `swarms` times `runs` empty runs.
struct Shape {
    std::size_t swarms = 16;
    std::size_t runs = 8;
};
enum class StateCaching { kUsual, kNone };  // of states in memory: kNone reads rows each time
std::unique_ptr<Store> open_store(const ScratchDirectory& scratch, Projecting projecting,
                                  StateCaching caching = StateCaching::kUsual);
// With its log in the Postgres database of `dsn`, which has the tables; views on demand.
std::unique_ptr<Store> open_store_on(const std::string& dsn, const ScratchDirectory& scratch);
Stream run_stream(std::size_t swarm, std::size_t run);
void make_runs(Store& store, const Shape& shape);

// Sends command(0) to command(count - 1) in order, `outstanding` of them on their way at any time,
// and returns when all are durable.
void send_all(Store& store, std::size_t count, std::size_t outstanding,
              const std::function<std::string(std::size_t)>& command);
// `count` sets, spread evenly over the runs of the shape.
void send_sets(Store& store, const Shape& shape, std::size_t count, std::size_t outstanding);

std::uint64_t events_of(Store& store);
// Of an event as it stands in the log, key and hash included.
std::size_t mean_event_bytes(Store& store);

}  // namespace skein::bench
