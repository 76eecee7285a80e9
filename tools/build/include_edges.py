#!/usr/bin/env python3
"""Checks every #include of engine, projections and tools against the table of layers.

usage: include_edges.py ROOT | include_edges.py --self-check
"""

import pathlib
import re
import sys

import sources

# Layer: what it may include besides itself. A file belongs to the deepest layer that holds it, so
# engine/domain/run is engine/domain unless it gets a line of its own. A new folder needs a line.
_DOMAIN = ["engine/base", "engine/json", "engine/domain"]
_PORT = _DOMAIN + ["engine/codec", "engine/log"]
_VIEW = _PORT + ["engine/replay", "projections/store", "projections/core"]
_ENGINE_ALL = _PORT + [
    "engine/log/memory",
    "engine/log/rocksdb",
    "engine/log/postgres",
    "engine/bus",
    "engine/bus/kafka",
    "engine/replay",
    "engine/runtime",
    "engine/intake",
]
VIEWS = "projections/<view>"  # stands for every folder of projections without a line of its own
_PROJECTIONS_ALL = ["projections/store", "projections/core", "projections/query", VIEWS]
_TOOLS_COMMON = ["tools/library"] + _ENGINE_ALL + _PROJECTIONS_ALL

LAYERS = {
    "engine/base": [],
    "engine/json": ["engine/base"],
    "engine/domain": ["engine/base", "engine/json"],
    "engine/codec": _DOMAIN,
    "engine/log": _DOMAIN + ["engine/codec"],
    "engine/log/memory": _PORT,
    "engine/log/rocksdb": _PORT,
    "engine/log/postgres": _PORT,
    "engine/bus": _PORT,
    "engine/bus/kafka": _PORT + ["engine/bus"],
    "engine/replay": _PORT,
    "engine/runtime": _PORT + ["engine/bus", "engine/replay"],
    "engine/intake": _PORT + ["engine/bus", "engine/replay", "engine/runtime"],
    "projections/store": _DOMAIN + ["engine/codec"],
    "projections/core": _PORT + ["projections/store"],
    VIEWS: _VIEW,
    "projections/query": _VIEW + [VIEWS],
    "tools/library": _ENGINE_ALL + _PROJECTIONS_ALL,
    "tools/import": _TOOLS_COMMON,
    "tools/inspector": _TOOLS_COMMON,
    "tools/http": ["engine/base"],
    "tools/node": _TOOLS_COMMON + ["tools/http"],
    "tools/cli": _TOOLS_COMMON + ["tools/http", "tools/import", "tools/inspector", "tools/node"],
    "tools/server": _TOOLS_COMMON + ["tools/import", "tools/inspector"],
    "tools/program": _TOOLS_COMMON + ["tools/cli", "tools/server"],
}

# Headers of others: the only layers that may include them.
OTHERS = [
    (r"rocksdb/", ["engine/log/rocksdb", "projections/store"]),
    (r"flatbuffers/|.*_generated\.h$", ["engine/codec"]),
    (r"simdjson", ["engine/json"]),
    (r"CLI/", ["tools/cli"]),
    (r"sodium", ["engine/base"]),
    (r"xxh", ["engine/base"]),
    (r"pqxx|libpq", ["engine/log/postgres"]),
    (r"librdkafka/", ["engine/bus/kafka"]),
    (r"boost/", ["tools/http"]),
    (r"catch2/|rapidcheck|nlohmann/|benchmark/", []),
]

OWN = re.compile(r"^(engine|projections|tools|tests|bench)/")
INCLUDE = re.compile(r'^\s*#\s*include\s*(?P<quote>["<])(?P<target>[^">]+)[">]')


def layer_of(folder):
    """The name of the deepest layer that holds this folder, or None."""
    parts = folder.split("/")
    for size in range(len(parts), 0, -1):
        name = "/".join(parts[:size])
        if name in LAYERS:
            return name
        if size == 2 and parts[0] == "projections":
            return VIEWS
    return None


def folder_of_view(folder):
    return "/".join(folder.split("/")[:2])


def problem_with_own(layer, folder, target):
    """Why a file of `folder` must not include our own header `target`, or None."""
    top = target.split("/")[0]
    if top == "bench" and layer == "tools/program":
        return None
    if top in ("tests", "bench"):
        return "the product includes no tests and no benchmarks; tools/program alone has these"
    target_folder = str(pathlib.PurePosixPath(target).parent)
    wanted = layer_of(target_folder)
    if top == "tools" and not layer.startswith("tools/"):
        return "nothing outside tools includes tools"
    if wanted is None:
        return f"{target_folder} has no line in LAYERS of tools/build/include_edges.py"
    if wanted == layer:
        if layer == VIEWS and folder_of_view(folder) != folder_of_view(target_folder):
            return "one view does not know another"
        return None
    if wanted not in LAYERS[layer]:
        return f"{layer} may not include {wanted}"
    return None


def problem_with_include(layer, folder, quote, target):
    for pattern, allowed in OTHERS:
        ours = OWN.match(target) and not target.endswith("_generated.h")
        if ours or not re.match(pattern, target):
            continue
        if layer in allowed:
            return None
        return f"only {' and '.join(allowed) or 'tests'} may include it"
    if OWN.match(target):
        return problem_with_own(layer, folder, target)
    if quote == '"':
        return "our own headers are included from the root, as in \"engine/base/result.h\""
    return None


def problems_in(root):
    problems = []
    files = sources.files_under(root, sources.PRODUCT_FOLDERS, sources.CPP_SUFFIXES)
    edges = 0
    for path in files:
        name = path.relative_to(root).as_posix()
        folder = str(pathlib.PurePosixPath(name).parent)
        layer = layer_of(folder)
        if layer is None:
            problems.append(f"{name}:1: {folder} has no line in LAYERS of tools/build/include_edges.py")
            continue
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            match = INCLUDE.match(line)
            if not match:
                continue
            edges += 1
            target = match.group("target")
            why = problem_with_include(layer, folder, match.group("quote"), target)
            if why:
                problems.append(f"{name}:{number}: includes {target}: {why}")
    return problems, f"{len(files)} files, {edges} includes"


CASES = [
    ("engine/base/a.h", '#include "engine/json/value.h"', "engine/base may not include engine/json"),
    ("engine/domain/a.cc", '#include "engine/log/log.h"', "may not include engine/log"),
    ("engine/domain/run/a.cc", '  #  include "engine/codec/a.h"', "may not include engine/codec"),
    ("engine/domain/run/a.cc", '#include "engine/domain/b.h"', None),
    ("engine/runtime/a.cc", '#include "engine/log/rocksdb/a.h"', "may not include engine/log/rocksdb"),
    ("engine/runtime/a.cc", '#include "engine/log/log.h"', None),
    ("engine/log/memory/a.cc", '#include "engine/log/rocksdb/a.h"', "may not include"),
    ("engine/replay/a.cc", '#include "projections/core/a.h"', "may not include projections/core"),
    ("engine/unknown/a.cc", "", "has no line in LAYERS"),
    ("projections/runs/a.cc", '#include "projections/history/a.h"', "one view does not know another"),
    ("projections/runs/a.cc", '#include "projections/core/a.h"', None),
    ("projections/store/a.cc", '#include "engine/log/log.h"', "may not include engine/log"),
    ("projections/query/a.cc", '#include "projections/history/a.h"', None),
    ("projections/query/a.cc", '#include "tools/library/a.h"', "nothing outside tools"),
    ("tools/cli/a.cc", '#include "tools/library/a.h"', None),
    ("tools/library/a.cc", '#include "tools/cli/a.h"', "may not include tools/cli"),
    ("tools/library/a.cc", '#include "engine/log/rocksdb/a.h"', None),
    ("tools/cli/a.cc", '#include "tests/support/a.h"', "no tests"),
    ("engine/base/a.cc", '#include "fault.h"', "from the root"),
    ("engine/base/a.cc", "#include <sodium.h>", None),
    ("engine/json/a.cc", "#include <xxhash.h>", "only engine/base"),
    ("engine/log/a.cc", "#include <rocksdb/db.h>", "only engine/log/rocksdb and projections/store"),
    ("engine/log/rocksdb/a.cc", "#include <rocksdb/db.h>", None),
    ("engine/log/a.cc", '#include "event_generated.h"', "only engine/codec"),
    ("engine/log/a.cc", '#include "schemas/event_generated.h"', "only engine/codec"),
    ("engine/log/a.cc", '#include "engine/codec/event_generated.h"', "only engine/codec"),
    ("engine/codec/a.cc", '#include "schemas/event_generated.h"', None),
    ("engine/log/a.cc", "#include <flatbuffers/flatbuffers.h>", "only engine/codec"),
    ("engine/domain/a.cc", "#include <simdjson.h>", "only engine/json"),
    ("tools/library/a.cc", "#include <CLI/CLI.hpp>", "only tools/cli"),
    ("engine/log/a.cc", "#include <pqxx/pqxx>", "only engine/log/postgres"),
    ("tools/cli/a.cc", "#include <libpq-fe.h>", "only engine/log/postgres"),
    ("engine/bus/a.cc", "#include <librdkafka/rdkafkacpp.h>", "only engine/bus/kafka"),
    ("engine/json/a.cc", "#include <nlohmann/json.hpp>", "only tests"),
    ("tools/node/a.cc", "#include <boost/asio/post.hpp>", "only tools/http"),
]


def self_check():
    check = sources.SelfCheck()
    for path, line, text in CASES:
        with sources.planted({path: f"// A planted file.\n{line}\n"}) as root:
            check.expect(f"{path} {line}", problems_in(root)[0], text)
    return check.finish()


def main(arguments):
    if arguments == ["--self-check"]:
        return self_check()
    if len(arguments) != 1:
        print(__doc__, file=sys.stderr)
        return 2
    problems, checked = problems_in(pathlib.Path(arguments[0]).resolve())
    return sources.report("layers", problems, checked)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
