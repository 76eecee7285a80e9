// The rejection codes of notes.
//
// Threads: constants.
#pragma once

#include "engine/domain/rejection.h"

namespace skein::note::codes {

using domain::RejectionClass;
using domain::RejectionCode;

inline constexpr RejectionCode kNoteNotFound{"note-not-found", RejectionClass::kNotFound,
                                             "There is no note of this id.",
                                             "Check the id with `skein ls notes`."};
inline constexpr RejectionCode kNoteErased{"note-erased", RejectionClass::kConflict,
                                           "The note is erased: it is only read from then on.",
                                           "Fork it as it was before, under another id."};
inline constexpr RejectionCode kNoteAtStart{"note-at-start", RejectionClass::kInvalid,
                                            "The point is before the note's first event.",
                                            "Name a point from version 1 on."};

}  // namespace skein::note::codes
