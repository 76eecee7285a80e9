#include "tools/library/backup_files.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <fstream>
#include <iterator>
#include <system_error>

#include "engine/base/fault.h"
#include "engine/base/fault_codes.h"
#include "engine/json/parse.h"
#include "engine/json/writer.h"

namespace skein {

namespace {

namespace fs = std::filesystem;

constexpr const char* kPartialMark = "PARTIAL";
constexpr std::size_t kHashHexDigits = 2 * sizeof(Hash::bytes);

Fault unavailable(const std::string& doing, const fs::path& path, const std::error_code& error) {
    return Fault(code_of(error),
                 fmt::format("{} {} failed: {}", doing, path.string(), error.message()),
                 "Check free space and permissions, then try again.");
}

Fault damaged(const std::string& what) {
    return Fault(FaultKind::kCorruption, what, "Restore from another backup.");
}

void sync_path(const fs::path& path) {
    const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    const bool is_synced = file >= 0 && ::fsync(file) == 0;
    const std::error_code error(errno, std::generic_category());
    if (file >= 0) ::close(file);
    if (!is_synced) throw unavailable("syncing", path, error);
}

std::string read_file(const fs::path& path) {
    std::ifstream in(path, std::ios::binary);
    std::string bytes{std::istreambuf_iterator<char>(in), {}};
    if (!in) throw unavailable("reading", path, std::make_error_code(std::errc::io_error));
    return bytes;
}

void write_file(const fs::path& path, const std::string& bytes) {
    std::ofstream out(path, std::ios::binary);
    out << bytes;
    out.close();
    if (!out) throw unavailable("writing", path, std::make_error_code(std::errc::io_error));
    sync_path(path);
}

fs::path without_slash(const fs::path& directory) {
    const fs::path whole = fs::absolute(directory).lexically_normal();
    return whole.has_filename() ? whole : whole.parent_path();
}

std::optional<Hash> hash_of_hex(const std::string& hex) {
    std::string bytes;
    if (!append_hex(bytes, hex) || bytes.size() != Hash{}.bytes.size()) return std::nullopt;
    return hash_from_bytes(bytes);
}

json::Value note_document(const BackupNote& note) {
    std::vector<json::Value> files;
    for (const BackupFile& file : note.files) {
        json::ObjectWriter item;
        item.member_number("bytes", file.bytes);
        item.member_text("hash", to_hex(file.hash));
        item.member_text("name", file.name);
        files.push_back(item.value());
    }
    auto members = note.content.document().members();
    members.emplace_back("files", json::Value::array(files));
    return json::Value::object(std::move(members));
}

std::optional<std::string> text_in(const json::Value& object, std::string_view name) {
    const auto member = object.find(name);
    return member ? member->as_string() : std::nullopt;
}

std::optional<std::uint64_t> number_in(const json::Value& object, std::string_view name) {
    const auto member = object.find(name);
    return member ? member->as_unsigned_integer() : std::nullopt;
}

// Nothing where a member is missing or is not what it must be.
std::optional<BackupNote> note_of(const json::Value& document) {
    BackupNote note;
    const auto store_id = Uuid::parse(text_in(document, "store_id").value_or(""));
    const auto created_at = parse_time(text_in(document, "created_at").value_or(""));
    const auto heads = document.find("shards");
    const auto files = document.find("files");
    if (!store_id || !created_at || !heads || !files) return std::nullopt;
    note.content.store_id = *store_id;
    note.content.created_at = *created_at;
    note.content.bytes = number_in(document, "bytes").value_or(0);
    for (const json::Value& head : heads->elements()) {
        const auto position = number_in(head, "position");
        const auto hash = hash_of_hex(text_in(head, "hash").value_or(""));
        if (!position || !hash) return std::nullopt;
        note.content.positions.emplace_back(*position);
        note.content.hashes.push_back(*hash);
    }
    for (const json::Value& item : files->elements()) {
        const auto name = text_in(item, "name");
        const auto bytes = number_in(item, "bytes");
        const auto hash = hash_of_hex(text_in(item, "hash").value_or(""));
        if (!name || name->empty() || name->find('/') != std::string::npos || !bytes || !hash)
            return std::nullopt;
        note.files.push_back({*name, *bytes, *hash});
    }
    return note;
}

}  // namespace

std::vector<BackupFile> list_log_files(const fs::path& log) {
    std::vector<BackupFile> files;
    for (const auto& entry : fs::directory_iterator(log)) {
        const std::string name = entry.path().filename().string();
        // Tables are some 64 MiB at most, and nothing else is larger.
        const std::string bytes = read_file(entry.path());
        files.push_back({name, bytes.size(), blake2b_256(bytes)});
    }
    std::sort(files.begin(), files.end(),
              [](const BackupFile& a, const BackupFile& b) { return a.name < b.name; });
    return files;
}

void write_note(const fs::path& backup, const BackupNote& note) {
    const std::string line = note_document(note).text();
    write_file(backup / kBackupNote, line + "\n" + to_hex(blake2b_256(line)) + "\n");
}

BackupNote read_note(const fs::path& backup) {
    const fs::path path = backup / kBackupNote;
    std::error_code error;
    if (!fs::exists(path, error)) {
        if (fs::exists(backup / kBackupLog, error))
            throw damaged(fmt::format("{} is missing", path.string()));
        throw Fault(FaultKind::kMissing, fmt::format("there is no backup at {}", backup.string()),
                    "Name a directory that `skein backup create` has made.");
    }
    const std::string text = read_file(path);
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string line = text.substr(0, end);
    if (text.substr(end) != "\n" + to_hex(blake2b_256(line)) + "\n")
        throw damaged(fmt::format("{} was changed or cut short", path.string()));
    const auto document = json::parse(line);
    if (!document || text_in(*document, "schema") != "skein.backup/1")
        throw Fault(fault_codes::kStoreFormat,
                    fmt::format("{} is of a format that is not known here", path.string()),
                    "Use the version of skein that made it.");
    auto note = note_of(*document);
    if (!note) throw damaged(fmt::format("{} lacks what it must hold", path.string()));
    return *std::move(note);
}

void copy_log_files(const BackupNote& note, const fs::path& from, const fs::path& to,
                    const BackupProgress& progress) {
    std::uint64_t done = 0;
    for (const BackupFile& file : note.files) {
        const fs::path path = from / file.name;
        std::error_code error;
        if (!fs::is_regular_file(path, error))
            throw damaged(fmt::format("the backup lacks its file {}", path.string()));
        const std::string bytes = read_file(path);
        if (bytes.size() != file.bytes || blake2b_256(bytes) != file.hash)
            throw damaged(fmt::format("{} was changed: {} bytes with hash {}, and had {} with {}",
                                      path.string(), bytes.size(), to_hex(blake2b_256(bytes)),
                                      file.bytes, to_hex(file.hash)));
        write_file(to / file.name, bytes);
        done += bytes.size();
        progress("copying", done, note.content.bytes);
    }
    sync_path(to);
}

bool is_vacant(const fs::path& directory) {
    std::error_code error;
    if (!fs::exists(directory, error)) return true;
    return fs::is_directory(directory, error) && fs::is_empty(directory, error);
}

UnfinishedDirectory::UnfinishedDirectory(const fs::path& directory)
    : directory_(without_slash(directory)), path_(directory_.string() + ".tmp") {
    if (!is_vacant(directory_))
        throw Fault(FaultKind::kConfig, fmt::format("{} is not empty", directory_.string()),
                    "Name an empty directory, or one that does not exist.");
    std::error_code error;
    if (!is_vacant(path_) && !fs::exists(path_ / kPartialMark, error))
        throw Fault(FaultKind::kConfig,
                    fmt::format("{} is in the way, and no unfinished copy", path_.string()),
                    "Move it away.");
    fs::remove_all(path_, error);
    if (!error) fs::create_directories(path_, error);
    if (error) throw unavailable("making", path_, error);
    write_file(path_ / kPartialMark, "unfinished: removed by the next try\n");
}

void UnfinishedDirectory::finish() {
    fs::remove(path_ / kPartialMark);
    for (const auto& entry : fs::directory_iterator(path_)) sync_path(entry.path());
    sync_path(path_);
    std::error_code error;
    fs::rename(path_, directory_, error);  // also over an empty directory
    if (error) throw unavailable("naming", directory_, error);
    sync_path(directory_.parent_path());
}

}  // namespace skein
