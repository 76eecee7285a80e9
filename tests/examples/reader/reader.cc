// Reads a store: what is there, a state as it is now, and as it was.
//
//   reader DIRECTORY
#include <skein/skein.h>

#include <iostream>
#include <string>

namespace {

void list_runs(skein::Store& store) {
    store.views().catch_up();
    skein::projections::ListRequest request;
    request.kind = "run";
    for (const auto& item : store.views().list(request)) {
        const auto fields = skein::json::parse(item.fields);
        std::cout << item.stream.str() << ' ' << *fields->find("status")->as_string() << " @"
                  << fields->find("version")->text() << '\n';
    }
}

// One line: where a point stands, and how many variables there were.
bool print_state(skein::Store& store, const std::string& address) {
    const auto reading = store.read(address);
    if (!reading) {
        std::cerr << reading.error().message << '\n' << reading.error().code->remedy << '\n';
        return false;
    }
    const skein::json::Value document = reading->document();
    std::cout << address << " is version " << document.find("point")->find("version")->text()
              << ", status " << document.find("status")->text() << ", "
              << document.find("variables")->count() << " variables\n";
    return true;
}

int run(const std::string& directory) {
    skein::StoreOptions options;
    options.directory = directory;
    options.mode = skein::OpenMode::kMustExist;
    options.projecting = skein::Projecting::kOnDemand;
    const auto store = skein::Store::open(options);
    list_runs(*store);
    if (!print_state(*store, "run/r1") || !print_state(*store, "run/r1@11")) return 1;
    const auto first = store->read("run/r1@1");
    std::cout << "values @1: " << first->values().text() << '\n';
    const auto missing = store->read("run/none");
    std::cout << "run/none: " << missing.error().code->name << '\n';
    return 0;
}

}  // namespace

int main(int argc, char** argv) {
    if (argc != 2) {
        std::cerr << "usage: reader DIRECTORY\n";
        return 2;
    }
    try {
        return run(argv[1]);
    } catch (const skein::Fault& fault) {
        std::cerr << fault.what() << '\n' << fault.remedy() << '\n';
        return 5;
    }
}
