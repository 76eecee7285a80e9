// Bugs planted on purpose, to see that the tests find them: in a build with SKEIN_PLANTED_BUGS the
// one that the environment names, SKEIN_PLANTED_BUG=epoch-ignored. Other builds hold nothing of it.
//
// Threads: any. Errors: a name that is none ends the process. Source: reliability section 5 (L3).
#pragma once

namespace skein {

enum class PlantedBug {
    kAckBeforeCommit,  // ack-before-commit: answered before the log is durable
    kEpochIgnored,     // epoch-ignored: the epoch is missing in the WHERE of an append
    kSelectForDoubt,   // select-for-doubt: a lookup decides what became of an unknown commit
    kOffsetFirst,      // offset-first: an offset is kept before its command is appended
    kReadFromEnd,      // read-from-end: a reader begins with what comes next (reset = latest)
    kGapApplied,       // gap-applied: a reader takes a later position than the next
    kNoReadBack,       // no-read-back: a relay goes on without asking what was delivered
    kCheckpointApart,  // checkpoint-apart: rows and their checkpoint in two batches
};

#ifdef SKEIN_PLANTED_BUGS
bool is_planted(PlantedBug bug);
#else
constexpr bool is_planted(PlantedBug) { return false; }
#endif

}  // namespace skein
