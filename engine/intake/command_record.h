// Records of the commands topic as commands, and the records that tell what became of them.
//
//   outcome       key: command id       value: result JSON        the three source headers
//   dead letter   as it came            as it came                as they came, skein_error_code,
//                                                                 skein_error_message, the source
//   re-produced   the scope             as it came                as they came, the source
// The source is where the producer put the command: a re-produced one carries it in its headers.
// Threads: pure. Errors: Rejection where a record is no command.
// Source: interfaces sections 2 and 7.
#pragma once

#include <cstdint>
#include <string>

#include "engine/base/result.h"
#include "engine/domain/command.h"
#include "engine/intake/parcel.h"
#include "engine/runtime/outcome.h"
#include "engine/runtime/runtime.h"

namespace skein::intake {

inline constexpr const char* kSourceTopic = "skein_source_topic";
inline constexpr const char* kSourcePartition = "skein_source_partition";
inline constexpr const char* kSourceOffset = "skein_source_offset";
inline constexpr const char* kErrorCode = "skein_error_code";
inline constexpr const char* kErrorMessage = "skein_error_message";

// What is larger could not be sent on with its headers: brokers take 8 MiB.
inline constexpr std::size_t kCommandBytesMax = (8U << 20) - (128U << 10);

struct Source {
    std::string topic;
    std::uint64_t partition = 0;
    std::uint64_t offset = 0;
};
// What its headers say, where all three are there; `here` otherwise.
Source source_of(const Parcel& parcel, const Source& here);

struct NoCommand {
    domain::Rejection reason;
    std::optional<Uuid> command_id;  // where it has one that can be read
};
// Shape and fields. A command without command_id gets one that follows from its source and value.
Result<domain::Command, NoCommand> read_command(const runtime::Runtime& runtime,
                                                const Parcel& parcel, const Source& source);

Parcel outcome_parcel(const runtime::Outcome& outcome, const Source& source);
// The value is left out of a record that is too large to be sent with its reason.
Parcel dead_letter(Parcel parcel, const domain::Rejection& reason, const Source& source);
Parcel reproduced(Parcel parcel, const domain::Command& command, Shard shard, const Source& source);
// A dead letter as it came, to be sent to the commands topic once more; skein_resent_from says
// which one it was, as topic/partition/offset.
inline constexpr const char* kResentFrom = "skein_resent_from";
Parcel revived(Parcel dead_letter, std::string from);

}  // namespace skein::intake
