// A bundle into a log: every record is judged before it is believed, and nothing stands before the
// trailer was found to fit.
#include <fmt/format.h>

#include "engine/base/chain.h"
#include "engine/base/fault.h"
#include "engine/codec/envelope.h"
#include "engine/log/postgres/postgres_import.h"
#include "engine/log/rocksdb/rocks_import.h"
#include "tools/library/backup_files.h"
#include "tools/library/bundle.h"
#include "tools/library/bundle_format.h"
#include "tools/library/store_directory.h"

namespace skein {

namespace {

// What is written together, and in memory at once; a command is never parted.
constexpr std::size_t kBatchEvents = 1000;
constexpr std::size_t kBatchBytes = 4U << 20;
// No command makes so much; a count that was forged must not fill the memory.
constexpr std::size_t kCommandBytesMax = 256U << 20;

// The events of one shard on their way.
class ShardImport {
 public:
    struct Parts {
        const log::StoreInfo* store;
        const codec::Codec* codec;
        BundleReader* in;
        log::LogImport* into;
    };
    explicit ShardImport(const Parts& parts)
        : shard_count_(parts.store->shard_count),
          codec_(parts.codec),
          in_(parts.in),
          into_(parts.into),
          last_hash_(chain_start(parts.store->store_id)) {}

    // Returns the commands read. `tell` is called after each batch.
    std::uint64_t run(const BundleShard& range, const std::function<void()>& tell) {
        begin_batch(range.shard);
        std::uint64_t commands = 0;
        for (; last_ < range.position; ++commands) {
            take_command(range.position);
            if (batch_.events.size() < kBatchEvents && bytes_ < kBatchBytes) continue;
            write();
            tell();
        }
        if (last_hash_ != range.hash)
            throw in_->damaged("does not end in the hash of its shard's head");
        batch_.intake = range.intake;
        if (!batch_.commands.empty() || batch_.intake) write();
        tell();
        return commands;
    }

 private:
    void begin_batch(Shard shard) {
        batch_ = log::Batch{};
        batch_.shard = shard;
        batch_.epoch = into_->epoch();
        batch_.expected_head = last_;
        bytes_ = 0;
    }

    void take_command(Position end) {
        const BundleCommand command = in_->read_command();
        if (command.event_count > end.value() - last_.value())
            throw in_->damaged("has events beyond the head of its shard");
        log::BatchCommand row;
        row.content_hash = command.content_hash;
        row.event_count = static_cast<std::uint32_t>(command.event_count);
        const std::size_t before = bytes_;
        for (std::uint32_t i = 0; i < row.event_count; ++i) {
            take_event(row, i == 0);
            if (bytes_ - before > kCommandBytesMax)
                throw in_->damaged("belongs to a command that is larger than any can be");
        }
        batch_.commands.push_back(std::move(row));
    }

    void take_event(log::BatchCommand& command, bool is_first) {
        const std::string_view bytes = in_->read_event();
        const auto head = codec::check_event(bytes, *codec_);
        if (!head) throw in_->damaged("holds no event: " + head.error().what);
        Stream stream{std::string(head->stream)};
        Scope scope = scope_of(stream);
        if (head->shard != batch_.shard || head->position != last_.next() ||
            shard_of(scope, shard_count_) != batch_.shard)
            throw in_->damaged(fmt::format("should be position {} of shard {}, and is another",
                                           last_.next().value(), batch_.shard.value()));
        if (head->previous != last_hash_.view()) throw in_->damaged("breaks the chain of hashes");
        if (head->recorded_at < last_time_) throw in_->damaged("is older than the one before it");
        if (is_first) {
            command.scope = std::move(scope);
            command.command_id = head->command_id;
        } else if (command.scope != scope || command.command_id != head->command_id) {
            throw in_->damaged("is not of the command that it stands under");
        }
        last_time_ = head->recorded_at;
        last_ = last_.next();
        last_hash_ = chain_next(batch_.shard, last_, last_hash_, bytes);
        bytes_ += bytes.size();
        batch_.events.push_back({std::move(stream), head->version, last_hash_, std::string(bytes)});
    }

    void write() {
        const Shard shard = batch_.shard;
        const log::AppendResult result = into_->append(std::move(batch_));
        if (result.outcome == log::BatchOutcome::kInDoubt)
            throw Fault(FaultKind::kUnavailable, "the import cannot be written: " + result.detail,
                        "Nothing was imported. See to what is said, then begin again.");
        if (result.outcome != log::BatchOutcome::kAppended)
            throw in_->damaged(
                "ends a batch with a command that is there already, or with a "
                "version that is not the next of its stream");
        begin_batch(shard);
    }

    const std::uint32_t shard_count_;
    const codec::Codec* codec_;
    BundleReader* in_;
    log::LogImport* into_;
    log::Batch batch_;
    std::size_t bytes_ = 0;  // of the batch
    Position last_;
    Hash last_hash_;
    Timestamp last_time_{INT64_MIN};
};

}  // namespace

BundleContent import_bundle_into(const BundleSource& source, const BundleTarget& target,
                                 const BundleProgress& progress) {
    BundleReader in(source.file);
    const log::StoreInfo store = in.read_store();
    const std::unique_ptr<log::LogImport> into = target(store);
    BundleContent content;
    content.store_id = store.store_id;
    content.incarnation = store.incarnation;
    content.bytes = in.bytes();
    for (std::uint32_t s = 0; s < store.shard_count; ++s) {
        const BundleShard range = in.read_shard();
        if (range.shard != Shard(s))
            throw in.damaged(
                fmt::format("is of shard {}, where {} is next", range.shard.value(), s));
        content.commands +=
            ShardImport({&store, source.codec.get(), &in, into.get()}).run(range, [&] {
                progress("importing", in.offset(), content.bytes);
            });
        content.positions.push_back(range.position);
        content.hashes.push_back(range.hash);
    }
    const BundleEnd end = in.read_end();
    if (end.commands != content.commands || end.events != content.events())
        throw in.damaged("counts other events or commands than stand before it");
    into->finish();
    return content;
}

BundleContent import_bundle(const ImportBundleOptions& options, const BundleProgress& progress) {
    if (options.postgres) {
        const auto target = [&](const log::StoreInfo& store) {
            return std::make_unique<log::PostgresImport>(options.postgres->connect, store);
        };
        return import_bundle_into({options.file, options.kinds.codec}, target, progress);
    }
    std::optional<UnfinishedDirectory> made;
    const auto target = [&](const log::StoreInfo& store) {
        made.emplace(options.directory);
        return std::make_unique<log::RocksImport>((made->path() / "log").string(), store);
    };
    BundleContent content =
        import_bundle_into({options.file, options.kinds.codec}, target, progress);
    mark_directory(made->path());
    made->finish();
    return content;
}

}  // namespace skein
