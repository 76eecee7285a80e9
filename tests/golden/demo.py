"""Runs the demo's tour on servers of its own: it has to print what it prints on an embedded store.

    demo.py TOUR POSTGRES BROKER SKEIN    POSTGRES and BROKER start servers, as run.py takes them
"""

import pathlib
import subprocess
import sys
import tempfile


def started(program):
    process = subprocess.Popen([program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    return process, process.stdout.readline().strip()


def main(tour, postgres, broker, skein):
    servers = [started(postgres), started(broker)]
    dsn, brokers = (address for _, address in servers)
    subprocess.run(["psql", "-qXd", dsn, "-c", "CREATE DATABASE demo"], check=True)
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run([tour, str(pathlib.Path(skein).resolve()), dsn + " dbname=demo", brokers,
                               folder], check=False)
    for process, _ in servers:
        process.stdin.close()
        process.wait()
    return done.returncode


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
