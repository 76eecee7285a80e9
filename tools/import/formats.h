// The importers, one function each; find_importer() is how others reach them.
//
// Threads: thread-safe, the importers have no state. Errors: see importer.h.
#pragma once

#include "tools/import/importer.h"

namespace skein::import {

const Importer& editing_traces_importer();
const Importer& inspect_importer();
const Importer& jsonl_importer();
const Importer& swe_agent_importer();
const Importer& tau_bench_importer();
const Importer& temporal_importer();
const Importer& who_and_when_importer();

}  // namespace skein::import
