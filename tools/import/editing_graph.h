// EditingGraph: the transactions of an editing trace, in the order of the file, as commands on
// runs.
//
// A transaction goes on in the run of its first parent where it is that parent's first child; else
// it forks a run `b<transaction>` at the version of that parent. Every further parent is merged in:
// its run where this is its first child, else a run `m<transaction>.<n>` forked at its version. So
// there is one fork for each child beyond the first, one merge for each parent beyond the first,
// and one UpdateContext for each transaction. Each command makes one event in its run, hence
// versions are known here.
// Invariants: a node is kept until all its children (numChildren) have come; memory grows with the
// open ends of the graph, not with its length.
// Threads: one. Errors: write() returns why a transaction cannot be imported, else an empty text; it
// has written nothing then.
// Source: interfaces section 10.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "engine/json/value.h"
#include "tools/import/chunked_text.h"
#include "tools/import/command_writer.h"

namespace skein::import {

class EditingGraph {
 public:
    explicit EditingGraph(CommandWriter& writer) : writer_(writer) {}

    // The swarm and the run `doc` with this text.
    void start(std::string_view content);
    // `index` is that of the transaction in its file, from 0.
    std::string write(std::uint64_t index, const json::Value& value);

 private:
    struct Run {
        std::string name;
        std::uint64_t serial = 0;
        std::uint64_t version = 0;
        std::vector<ChunkedText::Chunk> base;  // the text when it last met another line
    };
    struct Node {
        std::shared_ptr<Run> run;
        std::uint64_t version = 0;
        std::uint64_t children_used = 0;
        std::uint64_t children_max = 0;
        ChunkedText text;
    };
    struct Transaction {
        std::vector<std::uint64_t> parents;  // as keys of nodes_
        std::uint64_t children = 1;
        std::vector<ChunkedText::Edit> edits;
        std::vector<std::string> inserted;  // what edits refer to
        std::string actor;
        std::string time;
    };

    std::string read(std::uint64_t index, const json::Value& value, Transaction& into) const;
    std::string check_parents(const Transaction& transaction) const;
    // The parent's text, and the node dropped where this was its last child.
    ChunkedText use(std::uint64_t parent);
    std::shared_ptr<Run> fork(const Node& node, std::string name, const Transaction& transaction);
    void merge(Node& line, std::uint64_t parent, const std::string& fork_name,
               const Transaction& transaction);
    void update(Node& line, const Transaction& transaction);

    CommandWriter& writer_;
    std::unordered_map<std::uint64_t, Node> nodes_;  // by index + 1; 0 is the empty beginning
    std::uint64_t last_ = 0;  // of nodes_: what a transaction without parents goes on from
    std::uint64_t runs_ = 0;
    std::string data_;  // reused
};

// The variable that holds a chunk: `text.00010000`.
std::string chunk_key(std::uint32_t number);

}  // namespace skein::import
