#!/usr/bin/env python3
"""Checks the house rules that a machine can check: READMEs, file and function lengths, header
tops, names, words that mark unfinished work.

usage: house.py ROOT | house.py --self-check
"""

import pathlib
import re
import sys

import sources

README_LINES_MAX = 40
HEADER_LINES_MAX = 300  # 200 is the rule for new ones; above it a line is printed, not a problem
HEADER_LINES_GOOD = 200
SOURCE_LINES_MAX = 800
FUNCTION_LINES_MAX = 70
RATCHET = "tools/build/long_functions.txt"

BAD_NAME_PARTS = {"util", "utils", "common", "helper", "helpers", "misc", "manager"}
BAD_INCLUDES = {"expected", "format", "source_location"}  # clang-tidy 14 cannot read them
# Spelt in pieces, so that this file does not hold them.
BAD_WORDS = re.compile(
    r"\b(TO" + r"DO|FIX" + r"ME|XX" + r"X|HA" + r"CK)\b|(?i:\bnot implement" + r"ed\b|\bplace" + r"holder\b)"
)
TEXT_SUFFIXES = (".h", ".cc", ".fbs", ".md", ".txt", ".cmake", ".py", ".sh", ".sql")
FOLDERS_WITH_WORDS = ("engine", "projections", "tools", "tests", "bench", "schemas")

_FUNCTION_HEAD = re.compile(
    r"\)\s*(const|noexcept(\s*\([^()]*\))?|override|final|mutable|&&?|try|requires\b.*|->.*|:(?!:).*)*\s*$",
    re.DOTALL,
)


def long_functions_in(source):
    """(first line, lines, head) of every function longer than the limit."""
    code = sources.without_comments_and_texts(source)
    code = re.sub(r"^[ \t]*#(?:[^\n]*\\\n)*[^\n]*", lambda m: "\n" * m.group(0).count("\n"), code, flags=re.M)
    found = []
    stack = []  # of (is a function, first line, head)
    head_start = 0
    line = 1
    parentheses = 0
    for i, c in enumerate(code):
        if c == "\n":
            line += 1
        elif c in "()":
            parentheses += 1 if c == "(" else -1
        elif c == "{":
            head = code[head_start:i]
            inside = any(kind for kind, _, _ in stack)
            is_function = not inside and bool(_FUNCTION_HEAD.search(head))
            first = line - head.strip("\n").count("\n") if is_function else line
            stack.append((is_function, first, " ".join(head.split())))
            head_start = i + 1
        elif c == "}":
            if stack:
                is_function, first, head = stack.pop()
                if is_function and line - first + 1 > FUNCTION_LINES_MAX:
                    found.append((first, line - first + 1, head))
            head_start = i + 1
        elif c == ";" and parentheses == 0:
            head_start = i + 1
    return found


def function_name(head):
    """`Class::name` of a function's head, for the ratchet and for messages."""
    match = re.search(r"([\w:~]+|operator\s*\S+)\s*\(", head)
    return match.group(1) if match else head[:40]


def ratchet_of(root):
    path = root / RATCHET
    if not path.is_file():
        return set()
    lines = (line.split("#")[0].strip() for line in path.read_text(encoding="utf-8").splitlines())
    return {line for line in lines if line}


def problems_of_functions(root, paths):
    problems, met = [], set()
    allowed = ratchet_of(root)
    for path in paths:
        name = path.relative_to(root).as_posix()
        for first, lines, head in long_functions_in(path.read_text(encoding="utf-8")):
            entry = f"{name} {function_name(head)}"
            met.add(entry)
            if entry not in allowed:
                problems.append(f"{name}:{first}: {function_name(head)} has {lines} lines, more than {FUNCTION_LINES_MAX}")
    for entry in sorted(allowed - met):
        problems.append(f"{RATCHET}:1: '{entry}' is short now: take its line out")
    return problems


def problems_of_cpp_file(root, path):
    problems = []
    name = path.relative_to(root).as_posix()
    text = path.read_text(encoding="utf-8")
    lines = text.splitlines()
    limit = HEADER_LINES_MAX if path.suffix == ".h" else SOURCE_LINES_MAX
    if len(lines) > limit:
        problems.append(f"{name}:1: has {len(lines)} lines, more than {limit}: split it by role")
    elif path.suffix == ".h" and len(lines) > HEADER_LINES_GOOD:
        print(f"note: {name} has {len(lines)} lines; headers stay under {HEADER_LINES_GOOD}")
    for number, line in enumerate(lines, 1):
        match = re.match(r"\s*#\s*include\s*<(\w+)>", line)
        if match and match.group(1) in BAD_INCLUDES:
            problems.append(f"{name}:{number}: <{match.group(1)}> cannot be read by clang-tidy 14")
    if path.suffix != ".h":
        return problems
    top = text.split("#pragma once")[0]
    if "#pragma once" not in text or not text.startswith("//"):
        problems.append(f"{name}:1: a header begins with its purpose, then #pragma once")
    elif "Threads:" not in top:
        problems.append(f"{name}:1: the top of a header says who may use it: `Threads:`")
    return problems


def problems_of_folders(root, paths):
    problems = []
    for folder in sorted({path.parent for path in paths}):
        name = folder.relative_to(root).as_posix()
        readme = folder / "README.md"
        if not readme.is_file():
            problems.append(f"{name}:1: has sources and no README.md")
            continue
        count = len(readme.read_text(encoding="utf-8").splitlines())
        if count > README_LINES_MAX:
            problems.append(f"{name}/README.md:1: has {count} lines, more than {README_LINES_MAX}")
    return problems


def problems_of_names(root, paths):
    problems = []
    for path in paths:
        name = path.relative_to(root).as_posix()
        parts = {part for piece in name.split("/") for part in piece.split(".")[0].lower().split("_")}
        bad = sorted(parts & BAD_NAME_PARTS)
        if bad:
            problems.append(f"{name}:1: '{bad[0]}' says nothing: name the file by what it holds")
    return problems


def problems_of_words(root):
    problems = []
    for path in sources.files_under(root, FOLDERS_WITH_WORDS, TEXT_SUFFIXES):
        text = path.read_text(encoding="utf-8", errors="replace")
        for number, line in enumerate(text.splitlines(), 1):
            match = BAD_WORDS.search(line)
            if match:
                problems.append(f"{path.relative_to(root).as_posix()}:{number}: '{match.group(0)}': finish it or leave it out")
    return problems


def problems_in(root):
    cpp = sources.files_under(root, sources.PRODUCT_FOLDERS, sources.CPP_SUFFIXES)
    scripts = sources.files_under(root, sources.PRODUCT_FOLDERS, (".py", ".sh"))
    tests = sources.files_under(root, ("tests", "bench"), sources.CPP_SUFFIXES)
    problems = []
    for path in cpp:
        problems += problems_of_cpp_file(root, path)
    problems += problems_of_functions(root, cpp)
    problems += problems_of_folders(root, cpp + scripts)
    problems += problems_of_names(root, cpp + scripts + tests)
    problems += problems_of_words(root)
    return problems, f"{len(cpp)} sources, {len(tests)} test sources"


def function_of(lines, head="int Thing::count(int a) const"):
    return head + " {\n" + "    a += 1;\n" * (lines - 2) + "}\n"


def planted_cases():
    """name, files, the text of the one problem that must be found (None: clean)."""
    top = "// Purpose.\n// Threads: any.\n#pragma once\n"
    good = {"engine/a/README.md": "# a\n"}
    lambda_inside = "void f(int a) {\n    g([&](int b) {\n" + "        b += a;\n" * 69 + "    });\n}\n"
    in_class = "class A {\n public:\n" + function_of(71, "    A() : x_{1}, y_(2)") + "};\n"
    texts = 'const char* k = "){{";  // ) {\nint x = \'{\';\n'
    return [
        ("clean", {**good, "engine/a/b.h": top, "engine/a/b.cc": texts + function_of(70)}, None),
        ("no readme", {"engine/a/b.cc": ""}, "no README.md"),
        ("long readme", {"engine/a/README.md": "x\n" * 41, "engine/a/b.cc": ""}, "has 41 lines"),
        ("long header", {**good, "engine/a/b.h": top + "\n" * 298}, "has 301 lines"),
        ("long source", {**good, "engine/a/b.cc": "\n" * 801}, "has 801 lines"),
        ("long function", {**good, "engine/a/b.cc": texts + function_of(71)}, "Thing::count has 71 lines"),
        ("long template", {**good, "engine/a/b.cc": function_of(71, "template <class T>\nauto f(T a) -> int")}, "f has 72 lines"),
        ("long lambda", {**good, "engine/a/b.cc": lambda_inside}, "f has 73 lines"),
        ("long member", {**good, "engine/a/b.cc": in_class}, "has 71 lines"),
        ("long table", {**good, "engine/a/b.cc": "const int k[] = {\n" + "1,\n" * 90 + "};\n"}, None),
        ("long namespace", {**good, "engine/a/b.cc": "namespace a {\n" + "int x(int);\n" * 90 + "}\n"}, None),
        ("ratchet", {**good, "engine/a/b.cc": function_of(71), RATCHET: "engine/a/b.cc Thing::count  # why\n"}, None),
        ("old ratchet", {**good, "engine/a/b.cc": "", RATCHET: "engine/a/b.cc Thing::count\n"}, "take its line out"),
        ("word", {**good, "engine/a/b.cc": "// TO" + "DO: later\n"}, "finish it"),
        ("word in test", {"tests/unit/a_test.cc": "// place" + "holder\n"}, "finish it"),
        ("mkstemp", {"tests/unit/a_test.cc": 'char name[] = "/tmp/a-XX' + 'XXXX";\n'}, None),
        ("name", {**good, "engine/a/view_manager.cc": ""}, "name the file by what it holds"),
        ("no top", {**good, "engine/a/b.h": "#pragma once\n"}, "begins with its purpose"),
        ("no threads", {**good, "engine/a/b.h": "// Purpose.\n#pragma once\n"}, "Threads:"),
        ("include", {**good, "engine/a/b.cc": "#include <format>\n"}, "<format>"),
    ]


def self_check():
    check = sources.SelfCheck()
    for name, files, text in planted_cases():
        with sources.planted(files) as root:
            check.expect(name, problems_in(root)[0], text)
    return check.finish()


def main(arguments):
    if arguments == ["--self-check"]:
        return self_check()
    if len(arguments) != 1:
        print(__doc__, file=sys.stderr)
        return 2
    problems, checked = problems_in(pathlib.Path(arguments[0]).resolve())
    return sources.report("house rules", problems, checked)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
