#include "tests/growth/notes.h"

#include <fmt/format.h>

#include <vector>

#include "engine/domain/kinds/standard.h"
#include "tests/growth/note/note_kind.h"

namespace skein::test {

Kinds kinds_with_notes() {
    std::vector<domain::Kind> kinds = domain::standard_kinds();
    kinds.push_back(note::note_kind());
    std::vector<codec::KindCodec> codecs = codec::standard_kind_codecs();
    codecs.push_back(note::note_codec());
    auto registry = std::make_shared<const domain::Registry>(std::move(kinds));
    auto codec = std::make_shared<const codec::Codec>(*registry, std::move(codecs));
    return {std::move(registry), std::move(codec)};
}

std::string write_note(std::string_view id, std::string_view text) {
    return fmt::format(R"({{"type":"WriteNote","note":"{}","actor":"ann","data":{{"text":"{}"}}}})",
                       id, text);
}

std::string fork_note(std::string_view id, std::string_view source, std::string_view at) {
    return fmt::format(R"({{"type":"ForkNote","note":"{}","data":{{"source":"{}","at":"{}"}}}})",
                       id, source, at);
}

std::string said(const Outcome& outcome) {
    if (outcome.kind == OutcomeKind::kAccepted) return "accepted";
    return outcome.rejection ? std::string(outcome.rejection->code->name) : "unknown";
}

}  // namespace skein::test
