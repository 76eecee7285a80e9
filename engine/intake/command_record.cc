#include "engine/intake/command_record.h"

#include <fmt/format.h>

#include <charconv>

#include "engine/base/hash.h"
#include "engine/domain/codes.h"
#include "engine/json/parse.h"

namespace skein::intake {

namespace {

constexpr std::size_t kMessageBytesMax = 1000;

std::optional<std::uint64_t> number_of(const std::optional<std::string_view>& text) {
    if (!text) return std::nullopt;
    std::uint64_t number = 0;
    const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), number);
    if (error != std::errc() || end != text->data() + text->size()) return std::nullopt;
    return number;
}

void set_source(Parcel& parcel, const Source& source) {
    parcel.set_header(kSourceTopic, source.topic);
    parcel.set_header(kSourcePartition, std::to_string(source.partition));
    parcel.set_header(kSourceOffset, std::to_string(source.offset));
}

// A UUID of version 8: the same command at the same place has the same one, whoever reads it.
Uuid id_of(const Source& source, std::string_view value) {
    auto bytes = blake2b_128(fmt::format("skein.command\n{}\n{}\n{}\n{}", source.topic,
                                         source.partition, source.offset, value));
    bytes[6] = static_cast<std::uint8_t>((bytes[6] & 0x0fU) | 0x80U);
    bytes[8] = static_cast<std::uint8_t>((bytes[8] & 0x3fU) | 0x80U);
    return Uuid(bytes);
}

// Not within a character.
std::string cut(std::string text) {
    if (text.size() <= kMessageBytesMax) return text;
    std::size_t size = kMessageBytesMax;
    while (size > 0 && (static_cast<unsigned char>(text[size]) & 0xC0U) == 0x80U) --size;
    text.resize(size);
    return text;
}

}  // namespace

Source source_of(const Parcel& parcel, const Source& here) {
    const auto topic = parcel.header(kSourceTopic);
    const auto partition = number_of(parcel.header(kSourcePartition));
    const auto offset = number_of(parcel.header(kSourceOffset));
    if (!topic || !partition || !offset) return here;
    return {std::string(*topic), *partition, *offset};
}

Result<domain::Command, NoCommand> read_command(const runtime::Runtime& runtime,
                                                const Parcel& parcel, const Source& source) {
    const auto no_command = [](const domain::RejectionCode& code, std::string why) {
        return fail(NoCommand{domain::reject(code, std::move(why)), std::nullopt});
    };
    if (!parcel.value) return no_command(domain::codes::kInvalidJson, "the record has no value");
    if (const std::size_t bytes = parcel.bytes(); bytes > kCommandBytesMax)
        return no_command(
            domain::codes::kEventTooLarge,
            fmt::format("the record has {} bytes; a command may have {}", bytes, kCommandBytesMax));
    json::ParseLimits limits;
    limits.depth_max = runtime.options().limits.depth_max + domain::kCommandNesting;
    auto document = json::parse(*parcel.value, limits);
    if (!document)
        return no_command(
            domain::codes::kInvalidJson,
            fmt::format("the value is not JSON: line {}, column {}: {}", document.error().line,
                        document.error().column, document.error().message));
    auto command = runtime.parse(*document, id_of(source, *parcel.value));
    if (!command)
        return fail(NoCommand{std::move(command.error()), domain::command_id_of(*document)});
    return *std::move(command);
}

Parcel outcome_parcel(const runtime::Outcome& outcome, const Source& source) {
    Parcel parcel;
    if (outcome.command_id) parcel.key = outcome.command_id->str();
    parcel.value = std::string(runtime::outcome_document(outcome).text());
    set_source(parcel, source);
    return parcel;
}

Parcel dead_letter(Parcel parcel, const domain::Rejection& reason, const Source& source) {
    const bool is_too_large = parcel.bytes() > kCommandBytesMax;
    if (is_too_large) {
        parcel.value.reset();
        if (parcel.bytes() > kCommandBytesMax) parcel.headers.clear();
        if (parcel.bytes() > kCommandBytesMax) parcel.key.reset();
    }
    parcel.partition = bus::kByKey;
    parcel.set_header(kErrorCode, std::string(reason.code->name));
    parcel.set_header(kErrorMessage,
                      cut(is_too_large ? reason.message + "; its value stands at its source alone"
                                       : reason.message));
    set_source(parcel, source);
    return parcel;
}

Parcel reproduced(Parcel parcel, const domain::Command& command, Shard shard,
                  const Source& source) {
    parcel.partition = shard;
    parcel.key = scope_of(command.stream).str();
    set_source(parcel, source);
    return parcel;
}

Parcel revived(Parcel dead_letter, std::string from) {
    for (const char* name :
         {kErrorCode, kErrorMessage, kSourceTopic, kSourcePartition, kSourceOffset})
        dead_letter.remove_header(name);
    dead_letter.partition = bus::kByKey;
    dead_letter.set_header(kResentFrom, std::move(from));
    return dead_letter;
}

}  // namespace skein::intake
