#!/usr/bin/env python3
"""Lists which required ids a test shows. Test names of C++ tests count, and every line of golden
scripts and shell tests under tests/.

usage: requirement_ids.py ROOT [--strict] | requirement_ids.py --self-check
Exit code: 0; with --strict 1 where an id has no test.
"""

import pathlib
import re
import sys

import sources

REQUIRED = "tools/build/required_ids.txt"
ID = re.compile(r"\bV-\d{2,3}\b")
TEST_NAME = re.compile(r'\b(?:TEMPLATE_)?(?:TEST_CASE|SCENARIO|TEST_CASE_METHOD)\s*\((?:\s*\w+\s*,)?\s*(?P<name>(?:"(?:\\.|[^"\\\n])*"\s*)+)')
SCRIPT_SUFFIXES = (".sh", ".golden", ".script", ".skein", ".py")


def required_ids(root):
    """id: title, in the order of the list."""
    required = {}
    for line in (root / REQUIRED).read_text(encoding="utf-8").splitlines():
        if line and not line.startswith(("#", "-")):
            name, title = line.split(" ", 1)
            required[name] = title.strip()
    return required


def left_out(root):
    """Lines of ids that no test has to show, each with its reason."""
    text = (root / REQUIRED).read_text(encoding="utf-8")
    return [line[2:] for line in text.splitlines() if line.startswith("- ")]


def shown_ids(root):
    """id: files that have a test for it."""
    shown = {}

    def note(names, path):
        for name in names:
            shown.setdefault(name, set()).add(path.relative_to(root).as_posix())

    for path in sources.files_under(root, ("tests",), (".cc",)):
        for match in TEST_NAME.finditer(path.read_text(encoding="utf-8")):
            note(ID.findall(match.group("name")), path)
    for path in sources.files_under(root, ("tests",), SCRIPT_SUFFIXES):
        note(ID.findall(path.read_text(encoding="utf-8", errors="replace")), path)
    return shown


def missing_in(root):
    shown = shown_ids(root)
    return [name for name in required_ids(root) if name not in shown]


def list_coverage(root):
    required, shown = required_ids(root), shown_ids(root)
    for name, title in required.items():
        files = sorted(shown.get(name, ()))
        more = f" and {len(files) - 1} more" if len(files) > 1 else ""
        print(f"{name:6} {files[0] + more if files else 'NO TEST':60} {title}")
    covered = sum(1 for name in required if name in shown)
    for line in left_out(root):
        print(f"left out: {line}")
    print(f"requirements: {covered} of {len(required)} have a test, "
          f"{len(left_out(root))} are left out for a reason")


def self_check():
    check = sources.SelfCheck()
    listed = {REQUIRED: "# ids\nV-01 One\n"}
    cases = [
        ("in a name", {"tests/unit/a_test.cc": 'TEST_CASE("a: b [V-01]", "[unit]") {}'}, None),
        ("name of two pieces", {"tests/unit/a_test.cc": 'TEST_CASE("a: b "\n    "c [V-01, V-02]", "[u]") {}'}, None),
        ("fixture", {"tests/unit/a_test.cc": 'TEST_CASE_METHOD(Log, "a [V-01]") {}'}, None),
        ("golden script", {"tests/golden/a.sh": "# shows V-01\n"}, None),
        ("comment only", {"tests/unit/a_test.cc": '// V-01\nTEST_CASE("a: b", "[unit]") {}'}, "V-01"),
        ("longer number", {"tests/unit/a_test.cc": 'TEST_CASE("a [V-011]") {}'}, "V-01"),
        ("no test", {}, "V-01"),
        ("left out", {REQUIRED: "- V-01 One: the contract has no ones\n"}, None),
    ]
    for name, files, text in cases:
        with sources.planted({**listed, **files}) as root:
            check.expect(name, missing_in(root), text)
    return check.finish()


def main(arguments):
    if arguments == ["--self-check"]:
        return self_check()
    folders = [argument for argument in arguments if argument != "--strict"]
    if len(folders) != 1:
        print(__doc__, file=sys.stderr)
        return 2
    root = pathlib.Path(folders[0]).resolve()
    list_coverage(root)
    return 1 if "--strict" in arguments and missing_in(root) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
