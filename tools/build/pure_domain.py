#!/usr/bin/env python3
"""Checks that the domain library asks nothing of the machine: no clock, random numbers, locale,
environment, input, output or threads among its undefined symbols.

usage: pure_domain.py LIBRARY | pure_domain.py --self-check COMPILER
"""

import pathlib
import re
import subprocess
import sys
import tempfile

import sources

# What a symbol that the domain must not need looks like, demangled, and what it would be used for.
IMPURE = [
    ("clock", r"(clock_gettime|clock_getres|gettimeofday|time|ftime|clock|localtime(_r)?|gmtime(_r)?|"
              r"mktime|strftime|timespec_get)$|std::chrono::_V2::\w+::now\("),
    ("random", r"(rand|rand_r|srand|random|srandom|drand48|getrandom|getentropy|arc4random\w*|"
               r"randombytes\w*)$|std::random_device::"),
    ("locale", r"(setlocale|localeconv|newlocale|uselocale|toupper|tolower|is(alpha|digit|alnum|space|"
               r"upper|lower|print|punct))$|std::locale::|std::(__cxx11::)?(ctype|numpunct|num_put|num_get)<|"
               r"std::use_facet"),
    ("environment", r"(getenv|secure_getenv|setenv|putenv|unsetenv|environ|gethostname|getpid|uname|"
                    r"sysconf)$"),
    ("input and output", r"(fopen|fopen64|freopen|fclose|fread|fwrite|fflush|fgets|fgetc|fputs|fputc|"
                         r"puts|putchar|perror|getline|open|open64|openat|close|read|write|pread|pwrite|"
                         r"fsync|fdatasync|rename|unlink|remove|mkdir|stat|stat64|lseek|mmap|socket|"
                         r"connect|send|recv|poll|select|syslog|system|popen|fork|execve|"
                         r"stdin|stdout|stderr|v?f?printf|__v?f?printf_chk|dprintf|v?f?scanf)$|"
                         r"std::(cout|cerr|clog|cin)$|std::(ios_base|__basic_file|filesystem)|"
                         r"std::(__cxx11::)?(basic_)?(i|o|io)?(stream|fstream|ifstream|ofstream|filebuf|"
                         r"stringstream|ostringstream|istringstream|ostream|istream|ios)\b|fmt::v9::v?print\("),
    ("threads", r"(pthread_\w+|sem_\w+|sched_yield|thrd_\w+|mtx_\w+|sleep|usleep|nanosleep|"
                r"clock_nanosleep|raise|kill|signal|sigaction)$|std::(thread|this_thread|condition_variable|"
                r"__future_base|mutex|jthread)\b"),
]
_COMPILED = [(use, re.compile(pattern)) for use, pattern in IMPURE]


def use_of(symbol):
    """What an undefined symbol would be used for, or None where the domain may need it."""
    bare = re.sub(r"@.*$", "", symbol.strip())
    for use, pattern in _COMPILED:
        if pattern.match(bare):
            return use
    return None


def undefined_symbols(library):
    """(object file, demangled name) of every undefined symbol; weak ones ask for nothing."""
    listing = subprocess.run(
        ["nm", "-C", "-A", "--undefined-only", str(library)], check=True, capture_output=True, text=True
    ).stdout
    found = []
    for line in listing.splitlines():
        match = re.match(r"(?P<where>.*?):\s+U (?P<symbol>.+)$", line)
        if match:
            found.append((match.group("where").split(":")[-1], match.group("symbol")))
    return found


def problems_in(library):
    symbols = undefined_symbols(library)
    problems = []
    for where, symbol in symbols:
        use = use_of(symbol)
        if use:
            problems.append(f"{where}: needs {symbol}: the domain has no {use}")
    return problems, f"{len(symbols)} undefined symbols"


# Code: the use that must be found in its object file, or None.
PLANTS = [
    ("#include <chrono>\nlong f() { return std::chrono::system_clock::now().time_since_epoch().count(); }", "clock"),
    ("#include <ctime>\nlong f() { return std::time(nullptr); }", "clock"),
    ("#include <cstdlib>\nint f() { return std::rand(); }", "random"),
    ("#include <random>\nunsigned f() { static std::random_device d(\"x\"); return d(); }", "random"),
    ("#include <cstdlib>\nconst char* f() { return std::getenv(\"HOME\"); }", "environment"),
    ("#include <clocale>\nchar* f() { return std::setlocale(0, \"C\"); }", "locale"),
    ("#include <cstdio>\nvoid f() { std::puts(\"x\"); }", "input and output"),
    ("#include <unistd.h>\nlong f(int d) { return ::fsync(d); }", "input and output"),
    ("#include <iostream>\nvoid f() { std::cout.flush(); }", "input and output"),
    ("#include <thread>\nvoid f() { std::thread([] {}).join(); }", "threads"),
    ("#include <unistd.h>\nunsigned f() { return ::sleep(1); }", "threads"),
    ("#include <map>\n#include <memory>\n#include <string>\n#include <cstdlib>\n"
     "auto f(std::map<std::string, std::shared_ptr<int>> m) { if (m.empty()) std::abort(); return m.at(\"a\"); }",
     None),
    ("namespace skein { void check_failed(const char*, int); struct Clock { long now() const; };"
     " long read(int); } long f() { skein::check_failed(\"\", 1); return skein::Clock().now() + skein::read(1); }",
     None),
]


def self_check(compiler):
    check = sources.SelfCheck()
    with tempfile.TemporaryDirectory(prefix="skein-gate-") as folder:
        for number, (code, use) in enumerate(PLANTS):
            source = pathlib.Path(folder) / f"plant{number}.cc"
            source.write_text(code + "\n", encoding="utf-8")
            built = source.with_suffix(".o")
            subprocess.run([compiler, "-std=c++20", "-O1", "-c", source, "-o", built], check=True)
            uses = sorted({line.rsplit("has no ", 1)[1] for line in problems_in(built)[0]})
            wanted_only = [u for u in uses if u == use] or uses
            check.expect(code.splitlines()[-1], wanted_only, use)
    return check.finish()


def main(arguments):
    if len(arguments) == 2 and arguments[0] == "--self-check":
        return self_check(arguments[1])
    if len(arguments) != 1:
        print(__doc__, file=sys.stderr)
        return 2
    problems, checked = problems_in(arguments[0])
    return sources.report("pure domain", problems, checked)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
