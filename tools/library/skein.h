// skein as a C++ library: include this one header, link skein::library.
//
// Public, and kept stable: skein::Store and what its methods take and give (StoreOptions, Outcome,
// Reading, Kinds), json::Value, domain::Rejection with its codes, Fault, and the ids and times of
// engine/base. For kinds of one's own also engine/domain/kind.h and engine/codec/codec.h. All other
// headers are installed because these need them, and may change.
// Threads: as store.h says. Errors: likewise.
#pragma once

#include "engine/base/fault.h"
#include "engine/json/parse.h"
#include "tools/library/store.h"
