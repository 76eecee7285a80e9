#include "engine/base/journal_files.h"

#include <algorithm>
#include <string>
#include <system_error>
#include <vector>

namespace skein {

namespace fs = std::filesystem;

void remove_empty_journals(const fs::path& directory) {
    std::error_code ignored;
    std::vector<fs::path> journals;
    for (const fs::directory_entry& entry : fs::directory_iterator(directory, ignored))
        if (entry.path().extension() == ".log") journals.push_back(entry.path());
    if (journals.empty()) return;
    // Numbers of six digits or more: the longer name is the newer one.
    const auto is_older = [](const fs::path& a, const fs::path& b) {
        const std::string x = a.filename().string();
        const std::string y = b.filename().string();
        return x.size() != y.size() ? x.size() < y.size() : x < y;
    };
    journals.erase(std::max_element(journals.begin(), journals.end(), is_older));
    for (const fs::path& journal : journals) {
        if (fs::file_size(journal, ignored) == 0 && !ignored) fs::remove(journal, ignored);
    }
}

}  // namespace skein
