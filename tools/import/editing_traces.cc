// Editing traces: one document with its transactions a file; see README.md for what becomes of it.
#include "tools/import/formats.h"

#include "engine/json/parse.h"
#include "tools/import/command_writer.h"
#include "tools/import/document.h"
#include "tools/import/document_importer.h"
#include "tools/import/editing_graph.h"

namespace skein::import {
namespace {

// The first pass: needed before the first transaction, wherever in the file it stands.
std::string start_content(const std::filesystem::path& file) {
    JsonStream in(file);
    in.enter_object();
    while (const auto key = in.next_member()) {
        if (*key != "startContent") {
            in.skip();
            continue;
        }
        const auto value = json::parse(in.text());
        return value ? value->as_string().value_or(std::string()) : std::string();
    }
    return {};
}

class Trace {
 public:
    Trace(const std::filesystem::path& file, Sinks sinks)
        : document_(file, sinks.problems),
          writer_("editing-traces", as_id("edit-" + file_id(file)), sinks),
          graph_(writer_),
          start_(start_content(file)) {}

    Next write() {
        JsonStream& in = document_.stream();
        in.enter_object();
        if (!in.ok()) return document_.end();
        writer_.at_record(0, document_.place());
        graph_.start(start_);
        bool has_transactions = false;
        while (const auto key = in.next_member()) {
            if (*key == "txns" && in.peek() == '[') {
                has_transactions = true;
                write_transactions();
            } else if (*key == "startContent") {
                document_.take(0);  // known from the first pass; a broken one is reported here
            } else {
                in.skip();
            }
            if (stopped()) return Next::kStop;
        }
        if (!has_transactions) document_.miss("txns");
        return document_.end();
    }

 private:
    void write_transactions() {
        JsonStream& in = document_.stream();
        in.enter_array();
        for (std::uint64_t index = 0; in.next_element(); ++index) {
            const auto transaction = document_.take(index + 1);
            if (!in.ok()) return;
            writer_.at_record(index + 1, document_.place());
            const std::string reason =
                transaction ? graph_.write(index, *transaction) : std::string();
            if (!reason.empty()) document_.report(reason);
            if (stopped()) return;
        }
    }

    bool stopped() const { return document_.stopped() || writer_.stopped(); }

    Document document_;
    CommandWriter writer_;
    EditingGraph graph_;
    std::string start_;
};

}  // namespace

const Importer& editing_traces_importer() {
    static const DocumentImporter<Trace> importer("editing-traces", ".json");
    return importer;
}

}  // namespace skein::import
