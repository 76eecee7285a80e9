// The kind of notes: `note/N`, with its codec. Two lines make a store know it: note_kind() among
// the registry's kinds, note_codec() among the codec's.
//
// Threads: pure.
#pragma once

#include "engine/codec/codec.h"
#include "engine/domain/kind.h"

namespace skein::note {

domain::Kind note_kind();
codec::KindCodec note_codec();

domain::CommandSpec write_note_command();
domain::CommandSpec fork_note_command();
domain::CommandSpec erase_note_command();

}  // namespace skein::note
