// A store into a bundle: shard by shard, page by page.
#include <fmt/format.h>

#include "engine/base/chain.h"
#include "engine/base/fault.h"
#include "engine/codec/envelope.h"
#include "tools/library/bundle.h"
#include "tools/library/bundle_format.h"

namespace skein {

namespace {

// The receipts of a page are looked up together; events of that many bytes are in memory at once.
constexpr std::size_t kPageEvents = 1000;
constexpr std::size_t kPageBytes = 4U << 20;

Fault damaged(Shard shard, Position position, std::string_view what) {
    return Fault(FaultKind::kCorruption,
                 fmt::format("the store is damaged at shard {} position {}: {}", shard.value(),
                             position.value(), what),
                 "`skein verify --all` says more; a damaged store gives no bundle.");
}

class ShardExport {
 public:
    ShardExport(Store& store, const BundleShard& range, BundleWriter& out)
        : log_(&store.log()),
          range_(range),
          out_(&out),
          last_hash_(chain_start(store.log().info().store_id)) {}

    // `tell` is called with the number of events written since it was called last.
    void run(const std::function<void(std::uint64_t)>& tell) {
        out_->put(range_);
        if (range_.position.value() == 0) return;
        log_->scan(range_.shard, Position(0), [&](const log::EventView& view) {
            hold(view);
            if (page_.size() >= kPageEvents || page_bytes_ >= kPageBytes) tell(write_page());
            return view.position < range_.position;
        });
        if (last_ != range_.position) throw damaged(range_.shard, last_.next(), "no event");
        if (last_hash_ != range_.hash)
            throw damaged(range_.shard, last_, "the hash of the head is another one");
        is_last_page_ = true;
        tell(write_page());
    }

 private:
    struct Held {
        Position position;
        Scope scope;
        Uuid command_id;
        std::string bytes;
    };
    // The events of a command stand behind one another.
    struct Command {
        std::size_t first;  // in the page
        std::size_t count;
    };

    void hold(const log::EventView& view) {
        if (view.position != last_.next()) throw damaged(range_.shard, last_.next(), "no event");
        const Hash hash = chain_next(range_.shard, view.position, last_hash_, view.bytes);
        if (hash.view() != view.hash)
            throw damaged(range_.shard, view.position, "its hash is another one");
        const auto head = codec::decode_head(view.bytes);
        if (!head) throw damaged(range_.shard, view.position, head.error().what);
        page_.push_back({view.position, scope_of(Stream(std::string(head->stream))),
                         head->command_id, std::string(view.bytes)});
        page_bytes_ += view.bytes.size();
        last_ = view.position;
        last_hash_ = hash;
    }

    bool is_same_command(const Held& a, const Held& b) const {
        return a.command_id == b.command_id && a.scope == b.scope;
    }

    // The last command of a page may go on behind it, so it waits for the next one.
    std::vector<Command> commands_of_page() const {
        std::vector<Command> commands;
        for (std::size_t i = 0; i < page_.size(); ++i) {
            if (commands.empty() || !is_same_command(page_[i - 1], page_[i]))
                commands.push_back({i, 0});
            ++commands.back().count;
        }
        if (!is_last_page_) commands.pop_back();
        return commands;
    }

    std::uint64_t write_page() {
        const std::vector<Command> commands = commands_of_page();
        std::vector<log::EventLog::CommandName> names;
        names.reserve(commands.size());
        for (const Command& command : commands)
            names.push_back({page_[command.first].scope, page_[command.first].command_id});
        const auto receipts = log_->find_receipts(names);
        std::size_t written = 0;
        for (std::size_t c = 0; c < commands.size(); ++c) {
            const Position first = page_[commands[c].first].position;
            if (!receipts[c] || receipts[c]->first != first ||
                receipts[c]->event_count != commands[c].count)
                throw damaged(range_.shard, first,
                              fmt::format("the receipt of command {} is missing or another one",
                                          names[c].command_id.str()));
            out_->put(BundleCommand{receipts[c]->content_hash, commands[c].count});
            for (std::size_t i = 0; i < commands[c].count; ++i, ++written) {
                out_->put_event(page_[written].bytes);
                page_bytes_ -= page_[written].bytes.size();
            }
        }
        page_.erase(page_.begin(), page_.begin() + static_cast<std::ptrdiff_t>(written));
        return written;
    }

    log::EventLog* log_;
    const BundleShard range_;
    BundleWriter* out_;
    std::vector<Held> page_;
    std::size_t page_bytes_ = 0;
    Position last_;
    Hash last_hash_;
    bool is_last_page_ = false;
};

}  // namespace

BundleContent export_bundle(Store& store, const std::filesystem::path& file,
                            const BundleProgress& progress) {
    log::EventLog& log = store.log();
    BundleWriter out(file);
    BundleContent content;
    content.store_id = log.info().store_id;
    content.incarnation = log.info().incarnation;
    std::vector<BundleShard> shards;  // writers may go on meanwhile
    for (std::uint32_t s = 0; s < log.shard_count(); ++s) {
        const log::Head head = log.head(Shard(s));
        shards.push_back({Shard(s), head.position, head.hash, log.intake_point(Shard(s))});
        content.positions.push_back(head.position);
        content.hashes.push_back(head.hash);
    }
    const std::uint64_t total = content.events();
    std::uint64_t done = 0;
    out.put(log.info());
    for (const BundleShard& shard : shards)
        ShardExport(store, shard, out).run([&](std::uint64_t count) {
            progress("exporting", done += count, total);
        });
    content.commands = out.commands();
    content.bytes = out.finish();
    return content;
}

}  // namespace skein
