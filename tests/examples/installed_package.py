#!/usr/bin/env python3
"""Installs a build, builds the two examples against the package alone, runs them.

usage: installed_package.py --cmake CMAKE --build BUILD_DIRECTORY --generator NAME
"""

import argparse
import pathlib
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent

EXPECTED_OF_READER = [
    "swarm/demo/run/r1 running @201",
    'run/r1 is version 201, status "running", 201 variables',
    'run/r1@11 is version 11, status "running", 11 variables',
    'values @1: {"intermediate":{},"variables":{"first":true}}',
    "run/none: no-such-stream",
]


def run(command, **options):
    print("$", *command, flush=True)
    done = subprocess.run([str(part) for part in command], text=True, capture_output=True, **options)
    if done.returncode != 0:
        print(done.stdout)
        print(done.stderr)
        sys.exit(f"failed with {done.returncode}")
    return done.stdout


def build_example(name, arguments, prefix, work):
    build = work / f"build-{name}"
    run([arguments.cmake, "-S", HERE / name, "-B", build, "-G", arguments.generator,
         f"-DCMAKE_PREFIX_PATH={prefix}", "-DCMAKE_FIND_USE_PACKAGE_REGISTRY=OFF"])
    run([arguments.cmake, "--build", build])
    return build / name


def check(what, found, expected):
    if found != expected:
        sys.exit(f"{what}: expected {expected}, found {found}")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    for option in ("--cmake", "--build", "--generator"):
        parser.add_argument(option, required=True)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="skein_package_") as name:
        work = pathlib.Path(name)
        prefix = work / "prefix"
        run([arguments.cmake, "--install", arguments.build, "--prefix", prefix,
             "--component", "library"])
        for header in ("skein.h", "tools/library/store.h", "engine/base/ids.h"):
            if not (prefix / "include/skein" / header).is_file():
                sys.exit(f"include/skein/{header} is not installed")
        producer = build_example("producer", arguments, prefix, work)
        reader = build_example("reader", arguments, prefix, work)
        store = work / "store"
        check("producer", run([producer, store]).splitlines(), ["200 accepted, 0 refused"])
        check("reader", run([reader, store]).splitlines(), EXPECTED_OF_READER)
    return 0


if __name__ == "__main__":
    sys.exit(main())
