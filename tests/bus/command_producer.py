#!/usr/bin/env python3
"""A producer in another language: sends commands by another Kafka client, in its own way of choosing
partitions, and reads what became of each.

usage: command_producer.py BROKERS TOPIC_PREFIX RUNS      sends until its standard input ends

Every run gets the numbers 0, 1, 2... appended to one list; between them stand commands that are
refused, and records that are no commands. Then it waits until everything it sent was told, and prints
one JSON object: how many of each, and how many sources were told more than once. Exit 1 where
something is wrong: no answer, a wrong one, different ones, or one to what was never sent.
"""

import collections
import json
import select
import sys
import time
import uuid

from kafka import KafkaConsumer, KafkaProducer, TopicPartition

PATIENCE_S = 90
PAUSE_S = 0.05  # between two numbers of every run


class Reading:
    """Everything that stands in a topic, by the source that its headers name."""

    def __init__(self, brokers, topic):
        self.consumer = KafkaConsumer(bootstrap_servers=brokers, enable_auto_commit=False,
                                      auto_offset_reset="earliest", group_id=None)
        self.consumer.assign([TopicPartition(topic, p)
                              for p in self.consumer.partitions_for_topic(topic)])
        self.found = collections.defaultdict(list)

    def poll(self, wait_ms):
        for records in self.consumer.poll(timeout_ms=wait_ms, max_records=5000).values():
            for record in records:
                headers = dict(record.headers)
                source = (headers["skein_source_topic"].decode(),
                          int(headers["skein_source_partition"]),
                          int(headers["skein_source_offset"]))
                self.found[source].append((record.key, record.value, headers))


class Sending:
    def __init__(self, brokers, topic, runs):
        self.topic = topic
        self.runs = runs
        self.number = 0
        self.futures = []  # with what shall become of each: (kind, command id)
        self.producer = KafkaProducer(bootstrap_servers=brokers, acks="all",
                                      enable_idempotence=True, linger_ms=0)
        for run in range(runs):
            self.command("accepted", run, "CreateSwarm", {})
            self.command("accepted", run, "StartRun", {}, is_of_run=True)

    def command(self, kind, run, name, data, is_of_run=False, has_id=True):
        swarm = f"s{run}"
        command = {"type": name, "swarm": swarm, "data": data}
        if is_of_run:
            command["run"] = "r"
        if has_id:
            command["command_id"] = str(uuid.uuid4())
        self.send(kind, f"swarm/{swarm}", json.dumps(command), command.get("command_id"))

    def send(self, kind, key, value, command_id=None):
        future = self.producer.send(self.topic, key=key.encode(), value=value.encode(),
                                    headers=[("from", b"python")])
        self.futures.append((future, kind, command_id))

    def send_more(self):
        for run in range(self.runs):
            update = {"updates": [{"key": "list", "op": "append", "value": self.number}]}
            self.command("accepted", run, "UpdateContext", update, is_of_run=True,
                         has_id=self.number % 5 != 0)
            if self.number % 7 == 3:
                self.command("already-exists", run, "CreateSwarm", {})
            if self.number % 11 == 4:
                self.send("dead", f"swarm/s{run}", f"no command {self.number}")
        self.number += 1
        self.producer.flush()

    def sources(self):
        sources = {}
        for future, kind, command_id in self.futures:
            sent = future.get(timeout=PATIENCE_S)
            sources[(sent.topic, sent.partition, sent.offset)] = (kind, command_id)
        return sources


def result_of(value):
    result = json.loads(value)
    return result["code"] if result["outcome"] == "rejected" else result["outcome"]


def problems_of(sources, outcomes, dead_letters):
    for source, (kind, command_id) in sources.items():
        told = outcomes.found.get(source, [])
        dead = dead_letters.found.get(source, [])
        if kind == "dead":
            if told or not dead:
                yield f"{source} is no command: told {len(told)} times, dead {len(dead)} times"
            for key, value, headers in dead:
                if headers.get("from") != b"python" or not value.startswith(b"no command"):
                    yield f"{source} did not come back as it was sent"
                if headers["skein_error_code"] != b"invalid-json":
                    yield f"{source} is dead because of {headers['skein_error_code']}"
            continue
        if dead or {result_of(value) for _, value, _ in told} != {kind}:
            yield f"{source} should be {kind}: {told} {dead}"
        for key, value, _ in told:
            if key.decode() != json.loads(value)["command_id"]:
                yield f"{source}: the key is not the command id"
            if command_id is not None and key.decode() != command_id:
                yield f"{source}: the outcome of another command"
    for source in list(outcomes.found) + list(dead_letters.found):
        if source not in sources:
            yield f"{source} was told, and never sent"


def main():
    brokers, prefix, runs = sys.argv[1], sys.argv[2], int(sys.argv[3])
    outcomes = Reading(brokers, prefix + ".outcomes")
    dead_letters = Reading(brokers, prefix + ".dlq")
    sending = Sending(brokers, prefix + ".commands", runs)
    while not select.select([sys.stdin], [], [], PAUSE_S)[0]:
        sending.send_more()
    sources = sending.sources()
    end = time.monotonic() + PATIENCE_S
    while time.monotonic() < end:
        outcomes.poll(200)
        dead_letters.poll(200)
        if all(source in outcomes.found or source in dead_letters.found for source in sources):
            break
    problems = list(problems_of(sources, outcomes, dead_letters))
    kinds = collections.Counter(kind for kind, _ in sources.values())
    print(json.dumps({"numbers": sending.number, **kinds, "problems": len(problems),
                      "told_again": sum(len(told) > 1 for told in outcomes.found.values())}))
    for problem in problems[:10]:
        print(problem, file=sys.stderr)
    sys.exit(1 if problems else 0)


main()
