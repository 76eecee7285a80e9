"""Runs golden scripts of the command line: files of commands with what they print.

    $ skein send CreateSwarm --swarm s1
    {"command_id":"<id>",...}
    ! stderr, a line each
    [4]

A line that begins with `$ ` is a command for bash; what follows up to the next one is expected:
stdout as it is, stderr behind `! `, and the exit code in brackets where it is not 0. `#` lines are
comments, and those with a requirement id in brackets say what is shown. `  ...` matches any further
lines of stdout. Ids, times, hashes and durations are masked, see MASKS. Each script has its own
empty directory, with `$DATA` as the folder of test data.

With --postgres every store is a Postgres database instead, one for each directory named by --data,
and what is printed has to be the same. Steps below a comment `# (embedded)` are left out then, and
scripts that begin with `# (embedded script)`: they are about the files of a store. Scripts that begin
with `# (postgres script)` run with --postgres alone. With --nodes a node owns each of these stores, and
commands go through it; steps below `# (no nodes)` are left out then. With --kafka these nodes have
topics of their own, too, and all their events have to come there.

    run.py SKEIN SCRIPT...                        checks
    run.py --postgres SERVER SKEIN SCRIPT...      checks on the server that the program SERVER starts
    run.py --nodes SERVER SKEIN SCRIPT...         the same, where a node owns every store
    run.py --kafka SERVER BROKER SKEIN SCRIPT...  and the nodes send to the broker that BROKER starts
    run.py --update SKEIN SCRIPT...               writes what is printed now into the scripts
    run.py --self-check SKEIN                     a wrong expectation has to be found
    run.py --self-check --postgres SERVER SKEIN   the same on Postgres
"""

import concurrent.futures
import contextlib
import difflib
import os
import pathlib
import re
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request

MASKS = (
    (re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"), "<id>"),
    (re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z"), "<time>"),
    (re.compile(r"\b[0-9a-f]{32,64}\b"), "<hash>"),
    (re.compile(r"\b\d+-[0-9a-f]{16}\b"), "<cursor>"),
    (re.compile(r"\(\d+ us\)"), "(<duration>)"),
    (re.compile(r"\b\d+ MiB free"), "<n> MiB free"),
    (re.compile(r'"bytes":\d+'), '"bytes":<n>'),
    (re.compile(r"process \d+"), "process <n>"),
)
TIMEOUT_SECONDS = 60
SENT = ("skein_relay_lag_events 0", "skein_relay_sending 1")
EMBEDDED = "# (embedded)"
NO_NODES = "# (no nodes)"
EMBEDDED_SCRIPT = "# (embedded script)"
POSTGRES_SCRIPT = "# (postgres script)"

# Stands before the program: gives each directory of --data its database, copied from one with the
# tables when it is first named.
SHIM = r"""#!/bin/bash
data=${SKEIN_DATA:-.skein}
for ((i = 1; i < $#; ++i)); do
    next=$((i + 1))
    [ "${!i}" = --data ] && data=${!next}
done
name=g$(printf '%s' "$PWD/$data" | md5sum | cut -c1-20)
if ! [ -e "$SHIMS/$name" ]; then
    psql -qXd "$SERVER" -c "CREATE DATABASE $name TEMPLATE golden" >/dev/null || exit 99
fi
export SKEIN_PG="$SERVER dbname=$name"
if [ -n "$BROKERS" ]; then
    export SKEIN_KAFKA="$BROKERS" SKEIN_KAFKA__EVENTS_TOPIC=$name.events \
        SKEIN_KAFKA__COMMANDS_TOPIC=$name.commands SKEIN_KAFKA__OUTCOMES_TOPIC=$name.outcomes \
        SKEIN_KAFKA__DEAD_LETTERS_TOPIC=$name.dead
    [ -e "$SHIMS/$name" ] || "$PROGRAM" migrate >/dev/null || exit 99
fi
: >"$SHIMS/$name"
if [ -n "$NODES" ] && ! [ -e "$NODES/$name.process" ]; then
    : >"$NODES/$name.log"
    setsid "$PROGRAM" --data "$NODES/$name" serve --http 127.0.0.1:0 --lease 1s \
        </dev/null >"$NODES/$name.log" 2>&1 &
    echo $! >"$NODES/$name.process"
    until grep -q 'owns 16 of 16' "$NODES/$name.log"; do kill -0 $! || exit 99; sleep 0.02; done
fi
exec "$PROGRAM" "$@"
"""


def masked(text):
    for pattern, mask in MASKS:
        text = pattern.sub(mask, text)
    return text


def steps_of(text):
    """(comments before it, command, expected lines) of each command; trailing comments at the end."""
    steps, comments = [], []
    for line in text.splitlines():
        if line.startswith("$ "):
            steps.append((comments, line[2:], []))
            comments = []
        elif (line == ">" or line.startswith("> ")) and steps and not steps[-1][2]:
            steps[-1] = (steps[-1][0], steps[-1][1] + "\n" + line[2:], [])
        elif line.startswith("#") or (not line and (comments or not steps)):
            comments.append(line)
        elif not line:
            comments.append(line)
        else:
            steps[-1][2].append(line)
    return steps, comments


def printed_by(command, folder, environment):
    done = subprocess.run(["bash", "-c", command], cwd=folder, env=environment, capture_output=True,
                          timeout=TIMEOUT_SECONDS, check=False)
    out = masked(done.stdout.decode("utf-8", "backslashreplace")).split("\n")
    err = masked(done.stderr.decode("utf-8", "backslashreplace")).split("\n")
    lines = out[:-1] if out[-1] == "" else out
    lines = [line if line.strip() else "(empty line)" for line in lines]
    lines += ["! " + line for line in (err[:-1] if err[-1] == "" else err)]
    return lines + ([f"[{done.returncode}]"] if done.returncode != 0 else [])


def matches(expected, printed):
    """Line by line; a line `  ...` stands for any number of lines."""
    if not expected:
        return not printed
    if expected[0] == "  ...":
        return any(matches(expected[1:], printed[i:]) for i in range(len(printed) + 1))
    return bool(printed) and expected[0] == printed[0] and matches(expected[1:], printed[1:])


def environment_of(skein, folder):
    root = pathlib.Path(__file__).resolve().parents[2]
    environment = {name: os.environ[name] for name in ("PATH", "HOME", "ASAN_OPTIONS")
                   if name in os.environ}
    environment.update(DATA=str(root / "tests" / "data"), ROOT=str(root), LC_ALL="C.UTF-8",
                       SKEIN_DATA="store", TMPDIR=folder)
    environment["PATH"] = str(pathlib.Path(skein).resolve().parent) + ":" + environment["PATH"]
    return environment


class Postgres:
    """A server of our own, with the database `golden` from which every store is copied."""

    def __init__(self, server, skein, has_nodes=False, broker=None):
        self.skein = skein
        self.has_nodes = has_nodes
        self.broker = broker and subprocess.Popen([broker], stdin=subprocess.PIPE,
                                                  stdout=subprocess.PIPE, text=True)
        self.shims = tempfile.TemporaryDirectory()
        self.process = subprocess.Popen([server], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        text=True)
        self.dsn = self.process.stdout.readline().strip()
        self.brokers = self.broker and self.broker.stdout.readline().strip()
        shim = pathlib.Path(self.shims.name, "skein")
        shim.write_text(SHIM, encoding="utf-8")
        shim.chmod(0o755)
        subprocess.run(["psql", "-qXd", self.dsn, "-c", "CREATE DATABASE golden"], check=True)
        subprocess.run([skein, "--pg", self.dsn + " dbname=golden", "migrate"], check=True,
                       stdout=subprocess.DEVNULL)

    def adapt(self, environment):
        if self.broker:
            environment["BROKERS"] = self.brokers
        environment.update(SHIMS=self.shims.name, SERVER=self.dsn,
                           PROGRAM=str(pathlib.Path(self.skein).resolve()))
        environment["PATH"] = self.shims.name + ":" + environment["PATH"]

    def leaves_out(self, comments):
        return EMBEDDED in comments or (self.has_nodes and NO_NODES in comments)

    def unsent(self, folder):
        """The nodes whose events do not all come to their topics."""
        late = []
        for file in pathlib.Path(folder).glob("*.log") if self.broker else ():
            address = re.search(r"takes commands at (\S+)", file.read_text(encoding="utf-8"))[1]
            end = time.monotonic() + TIMEOUT_SECONDS
            while True:
                with urllib.request.urlopen(f"http://{address}/metrics", timeout=10) as answer:
                    metrics = answer.read().decode("utf-8")
                if all(line in metrics.splitlines() for line in SENT):
                    break
                if time.monotonic() > end:
                    late.append(f"{file.stem}: " + ", ".join(
                        line for line in metrics.splitlines() if line.startswith("skein_relay_")))
                    break
                time.sleep(0.05)
        return late

    @contextlib.contextmanager
    def nodes(self, environment, problems):
        """The nodes of one script's stores, where there are to be any."""
        if not self.has_nodes:
            yield
            return
        with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
            environment["NODES"] = folder
            try:
                yield
                problems += self.unsent(folder)
            finally:
                for file in pathlib.Path(folder).glob("*.process"):
                    with contextlib.suppress(ProcessLookupError):
                        os.kill(int(file.read_text(encoding="utf-8")), signal.SIGKILL)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for process in filter(None, (self.process, self.broker)):
            process.stdin.close()
            process.wait()
        self.shims.cleanup()


def run_script(skein, text, postgres=None):
    """The problems of a script, and the script with what was printed."""
    problems, written = [], []
    steps, trailing = steps_of(text)
    with contextlib.ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        environment = environment_of(skein, folder)
        if postgres:
            postgres.adapt(environment)
            stack.enter_context(postgres.nodes(environment, problems))
        for comments, command, expected in steps:
            if postgres and postgres.leaves_out(comments):
                continue
            try:
                printed = printed_by(command, folder, environment)
            except subprocess.TimeoutExpired:
                printed = [f"(no end within {TIMEOUT_SECONDS} s)"]
            kept = expected if matches(expected, printed) else printed
            written += comments + ["$ " + command.replace("\n", "\n> ")] + kept
            if kept is not expected:
                difference = difflib.unified_diff(expected, printed, "expected", "printed",
                                                  lineterm="", n=1)
                problems.append("$ " + command + "\n" + "\n".join(difference))
    return problems, "\n".join(written + trailing) + "\n"


def self_check(skein, postgres=None):
    right = "$ skein version\nskein " + subprocess.run(
        [skein, "version"], capture_output=True, text=True, check=True).stdout.split()[1] + "\n"
    wrong = (right.replace("skein 0", "skein 9"), right + "one line more\n", right + "[1]\n",
             "$ skein version\n", right + "! a word on stderr\n")
    if postgres:
        # A store of its own, which is where it should be.
        right += "$ skein doctor --json | grep -c '0 events in 16 shards'; ls -d store/log\n1\n" \
                 "! ls: cannot access 'store/log': No such file or directory\n[2]\n"
    if run_script(skein, right, postgres)[0]:
        return ["a right expectation was refused"]
    return [f"not found: {text}" for text in wrong if not run_script(skein, text, postgres)[0]]


def main(arguments):
    checks_itself = arguments[:1] == ["--self-check"]
    updates = arguments[:1] == ["--update"]
    arguments = arguments[1 if checks_itself or updates else 0:]
    if arguments[:1] == ["--kafka"]:
        with Postgres(arguments[1], arguments[3], True, arguments[2]) as postgres:
            return run_all(arguments[3], arguments[4:], checks_itself, False, postgres)
    if arguments[:1] in (["--postgres"], ["--nodes"]):
        with Postgres(arguments[1], arguments[2], arguments[0] == "--nodes") as postgres:
            return run_all(arguments[2], arguments[3:], checks_itself, False, postgres)
    return run_all(arguments[0], arguments[1:], checks_itself, updates, None)


def run_all(skein, scripts, checks_itself, updates, postgres):
    if checks_itself:
        problems = self_check(skein, postgres)
        print("\n".join(problems) or "ok")
        return 1 if problems else 0
    texts = [pathlib.Path(script).read_text(encoding="utf-8") for script in scripts]
    others = EMBEDDED_SCRIPT if postgres else POSTGRES_SCRIPT
    kept = [i for i, text in enumerate(texts) if not text.startswith(others)]
    scripts, texts = [scripts[i] for i in kept], [texts[i] for i in kept]
    if postgres:
        steps = [step for text in texts for step in steps_of(text)[0]]
        left_out = sum(postgres.leaves_out(comments) for comments, _, _ in steps)
        print(f"{len(steps) - left_out} steps on Postgres, {left_out} left out")
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        results = list(pool.map(lambda text: run_script(skein, text, postgres), texts))
    failed = 0
    for script, text, (problems, written) in zip(scripts, texts, results):
        failed += 1 if problems else 0
        print(f"{'FAILED' if problems else 'ok':7} {script}")
        for problem in problems:
            print("  " + problem.replace("\n", "\n  "))
        if updates and written != text:
            pathlib.Path(script).write_text(written, encoding="utf-8")
    print(f"{len(scripts)} scripts, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
