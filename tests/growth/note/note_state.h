// NoteState: a text with labels. The whole of a kind that the product does not know.
//
// Threads: as State. Errors: none.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/domain/state.h"

namespace skein::note {

struct Origin {
    std::string note;
    Version version;
};

class NoteState final : public domain::State {
 public:
    explicit NoteState(Stream stream) : State(std::move(stream)) {}

    std::shared_ptr<domain::State> clone() const override;
    json::Value document(Timestamp now) const override;
    json::Value values(Timestamp now) const override;
    json::Digest digest() const override;
    std::size_t size_bytes() const override;

    std::string_view id() const;

    json::Value text;  // null once erased
    std::vector<std::string> tags;
    bool is_erased = false;
    std::optional<Origin> forked_from;
    Timestamp created_at;
    Timestamp updated_at;

 protected:
    void evolve(const domain::Event& event, const domain::Past& past) override;

 private:
    json::Value lasting() const;  // what the digest covers: all but the times
};

// An array of strings.
json::Value texts_value(const std::vector<std::string>& texts);

}  // namespace skein::note
