#!/usr/bin/env python3
"""Waits until a Kafka broker answers: its metadata names a broker, and every partition an offset.

usage: kafka_answers.py HOST:PORT [--wait SECONDS] [--process ID]

Exit 0: it answers. 1: it does not, and nothing is waited for any more (the time is up, or the
process has ended); standard error says why. An open port alone means nothing: a broker that has
just started knows its partitions before it leads them. The broker's listener is plain text.
"""

import argparse
import socket
import struct
import sys
import time

METADATA, LIST_OFFSETS = (3, 4), (2, 2)  # API key, version
LATEST = -1


class Answer:
    """Reads the fields of a response in order."""

    def __init__(self, data):
        self.data, self.at = data, 0

    def take(self, layout):
        values = struct.unpack_from(">" + layout, self.data, self.at)
        self.at += struct.calcsize(">" + layout)
        return values[0]

    def text(self):
        size = self.take("h")
        self.at += max(size, 0)
        return self.data[self.at - max(size, 0):self.at]

    def many(self, read):
        return [read() for _ in range(self.take("i"))]


def text(value):
    return struct.pack(">h", len(value)) + value


def receive(connection, size):
    data = b""
    while len(data) < size:
        part = connection.recv(size - len(data))
        if not part:
            raise OSError("the broker closed the connection")
        data += part
    return data


def ask(connection, api, body):
    request = struct.pack(">hhi", *api, 1) + text(b"skein-answers") + body
    connection.sendall(struct.pack(">i", len(request)) + request)
    size = struct.unpack(">i", receive(connection, 4))[0]
    answer = Answer(receive(connection, size))
    answer.take("i")  # correlation id
    answer.take("i")  # throttle time
    return answer


def read_partition(answer):
    error, index, leader = answer.take("h"), answer.take("i"), answer.take("i")
    answer.many(lambda: answer.take("i"))  # replicas
    answer.many(lambda: answer.take("i"))  # in-sync replicas
    return error, index, leader


def read_topic(answer):
    answer.take("h")  # error: that of its partitions says more
    name = answer.text()
    answer.take("b")  # internal
    return name, answer.many(lambda: read_partition(answer))


def read_metadata(connection):
    answer = ask(connection, METADATA, struct.pack(">ib", -1, 0))
    brokers = answer.many(lambda: (answer.take("i"), answer.text(), answer.take("i"), answer.text()))
    answer.text()  # cluster id
    answer.take("i")  # controller
    return brokers, answer.many(lambda: read_topic(answer))


def offset_problem(connection, name, index):
    body = struct.pack(">ibi", -1, 0, 1) + text(name) + struct.pack(">iiq", 1, index, LATEST)
    answer = ask(connection, LIST_OFFSETS, body)
    answer.take("i")
    answer.text()
    answer.take("i")
    answer.take("i")
    error = answer.take("h")
    return f"partition {index} of {name.decode()} has no offset: error {error}" if error else None


def problem_of(host, port):
    """Why the broker is not ready, or None."""
    try:
        with socket.create_connection((host, port), timeout=5) as connection:
            brokers, topics = read_metadata(connection)
            if not brokers:
                return "its metadata names no broker yet"
            for name, partitions in topics:
                for error, index, leader in partitions:
                    if error or leader < 0:
                        return f"partition {index} of {name.decode()} has no leader: error {error}"
                    why = offset_problem(connection, name, index)
                    if why:
                        return why
    except (OSError, struct.error) as error:
        return str(error)
    return None


def is_alive(process):
    if process is None:
        return True
    try:
        with open(f"/proc/{process}/stat", encoding="utf-8") as file:
            return file.read().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("address")
    parser.add_argument("--wait", type=float, default=0)
    parser.add_argument("--process", type=int)
    options = parser.parse_args()
    host, _, port = options.address.rpartition(":")
    end = time.monotonic() + options.wait
    while True:
        why = problem_of(host, int(port))
        if why is None:
            return 0
        if not is_alive(options.process):
            why = f"process {options.process} has ended"
        elif time.monotonic() < end:
            time.sleep(0.05)
            continue
        print(f"kafka_answers.py: {options.address} does not answer: {why}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
