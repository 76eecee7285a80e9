"""The Python library eventsourcing on a database of PostgreSQL, doing what bench/peer_bench.cc does.

usage: eventsourcing_peer.py append|load EVENTS EVENTS_OF_A_COMMIT DSN

`append` saves so many changes of 200 bytes to 128 aggregates, so many of them in one transaction;
`load` folds those aggregates from their events. It prints events per second.
"""
import sys
import time
from uuid import NAMESPACE_URL, uuid5

from eventsourcing.application import Application
from eventsourcing.domain import Aggregate, event
from psycopg.conninfo import conninfo_to_dict

AGGREGATES = 128
KEYS = 8
VALUE = "v" * 200


class Run(Aggregate):
    def __init__(self, number: int):
        self.number = number
        self.variables: dict[str, str] = {}

    @staticmethod
    def create_id(number: int):
        return uuid5(NAMESPACE_URL, f"run/{number}")

    @event("Set")
    def set(self, key: str, value: str):
        self.variables[key] = value


def application(dsn: str) -> Application:
    words = conninfo_to_dict(dsn)
    return Application(
        env={
            "PERSISTENCE_MODULE": "eventsourcing.postgres",
            "POSTGRES_DBNAME": str(words["dbname"]),
            "POSTGRES_HOST": str(words["host"]),
            "POSTGRES_PORT": str(words["port"]),
            "POSTGRES_USER": str(words["user"]),
            "POSTGRES_PASSWORD": str(words.get("password", "none")),
        }
    )


def append(app: Application, events: int, of_a_commit: int) -> float:
    runs = [Run(number) for number in range(AGGREGATES)]
    app.save(*runs)
    begin = time.perf_counter()
    changed: dict[int, Run] = {}
    for n in range(events):
        run = runs[n % AGGREGATES]
        run.set(f"k{n // AGGREGATES % KEYS}", VALUE)
        changed[run.number] = run
        if (n + 1) % of_a_commit == 0 or n + 1 == events:
            app.save(*changed.values())
            changed.clear()
    return events / (time.perf_counter() - begin)


def load(app: Application) -> float:
    begin = time.perf_counter()
    events = sum(app.repository.get(Run.create_id(n)).version for n in range(AGGREGATES))
    return events / (time.perf_counter() - begin)


def main() -> None:
    doing, events, of_a_commit, dsn = sys.argv[1:]
    app = application(dsn)
    print(append(app, int(events), int(of_a_commit)) if doing == "append" else load(app))
    app.close()


main()
