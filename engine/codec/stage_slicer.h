// A state written stage by stage: what the slicers of all kinds share. A stage is the header, one
// map of the state, or the end; a kind says how each is written.
//
// Threads: one owner. Errors: none. Invariant: stages are written in the order of the enum, which
// ends with kEnd and kAllWritten.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "engine/codec/map_walk.h"
#include "engine/codec/slice_format.h"

namespace skein::codec {

template <class Stage>
class StageSlicer : public StateSlicer {
 public:
    bool next(std::string& out, std::size_t bytes_max) final {
        if (stage_ == Stage::kAllWritten) return false;
        SliceWriter slice(out, bytes_max, {format_.kind, format_.version, index_++});
        if (!open_ || write_more(slice, format_.more_tag, open_, *chunks_) == Walk::kDone) {
            while (stage_ != Stage::kAllWritten && write_stage(slice, stage_) == Walk::kDone) {
                stage_ = static_cast<Stage>(static_cast<int>(stage_) + 1);
                last_.clear();
            }
        }
        slice.finish();
        return true;
    }

 protected:
    struct Format {
        char kind = 'R';
        std::uint16_t version = 1;
        std::uint8_t more_tag = 0;  // of records in which a long value goes on
    };
    // `chunks` null: everything inline.
    StageSlicer(std::shared_ptr<const domain::State> state, ChunkSink* chunks, const Format& format)
        : state_(std::move(state)), chunks_(chunks), format_(format) {}

    virtual Walk write_stage(SliceWriter& out, Stage stage) = 0;

    // Writes the entries of a map that this stage has not written yet.
    template <class T, class Write>
    Walk write_map(const CowMap<std::string, T>& map, SliceWriter& out, Write&& write) {
        return walk_map(map, last_, out, std::forward<Write>(write));
    }
    // The value of the entry `key` of the map numbered `map`; it may go on in the next slice.
    Walk write_value(SliceWriter& out, std::uint8_t map, const std::string& key,
                     const json::Value& value) {
        OpenValue open{map, key, {}, 0};
        const Walk walk = write_long_value(out, value, chunks_, open);
        if (walk == Walk::kFull) open_ = std::move(open);
        return walk;
    }
    Walk write_end(SliceWriter& out) const {
        out.u8(kEndTag);
        out.mark(state_->mark());
        return Walk::kDone;
    }
    ChunkSink* chunks() const { return chunks_; }

 private:
    std::shared_ptr<const domain::State> state_;
    ChunkSink* chunks_;
    const Format format_;
    std::uint64_t index_ = 0;
    Stage stage_{};
    std::string last_;  // key written last in this stage
    std::optional<OpenValue> open_;
};

}  // namespace skein::codec
