// The event codecs of a run: schemas/run.fbs to structs and back.
//
// The schema's enums number as the domain's do; encode_run_events.cc asserts it, so that a domain
// enum that is put in another order fails to compile rather than to read old events.
// Threads: pure. Errors: CodecError.
#pragma once

#include <vector>

#include "engine/codec/codec.h"

namespace skein::codec {

inline constexpr char kRunIdentifier[] = "SKRN";

// Both in the order of domain::run::run_event_types(), each with its half of EventCodec.
using Encode = std::string (*)(const domain::EventBody& body);
using Decode =
    Result<std::shared_ptr<const domain::EventBody>, CodecError> (*)(std::string_view payload);
struct NamedEncode {
    const domain::EventType* type;
    Encode encode;
};
struct NamedDecode {
    const domain::EventType* type;
    Decode decode;
};
std::vector<NamedEncode> run_encoders();
std::vector<NamedDecode> run_decoders();

std::vector<EventCodec> run_event_codecs();

}  // namespace skein::codec
