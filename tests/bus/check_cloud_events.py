#!/usr/bin/env python3
"""Reads the events topic as a stranger would: by another Kafka client, another CloudEvents library
and another BLAKE2b, and nothing of skein's.

usage: check_cloud_events.py BROKER TOPIC STORE_ID EVENTS_PER_PARTITION...
"""

import datetime
import hashlib
import re
import sys
import uuid

import cloudevents.kafka
import kafka

TYPE = re.compile(r"skein\.[a-z]+(-[a-z]+)*\.[a-z]+\.v[0-9]+")
IDLE_MS = 20_000


def blake2b(data):
    return hashlib.blake2b(data, digest_size=32).digest()


def check(condition, what, record):
    if not condition:
        sys.exit(f"partition {record.partition} offset {record.offset}: {what}")


def check_event(event, record, store_id):
    attributes = event.get_attributes()
    check(attributes["specversion"] == "1.0", "specversion", record)
    check(attributes["source"] == f"/skein/{store_id}", "source", record)
    check(uuid.UUID(attributes["id"]).int != 0, "id", record)
    check(TYPE.fullmatch(attributes["type"]), f"type {attributes['type']}", record)
    check(attributes["subject"].startswith(record.key.decode() + "/"), "subject", record)
    check(attributes["partitionkey"] == record.key.decode(), "partitionkey", record)
    check(attributes["datacontenttype"] == "application/vnd.skein.event.v1+flatbuffers",
          "datacontenttype", record)
    check(len(attributes["sequence"]) == 20, "sequence has 20 digits", record)
    moment = datetime.datetime.strptime(attributes["time"], "%Y-%m-%dT%H:%M:%S.%fZ")
    check(moment.year >= 2023, "time", record)
    check(event.data == record.value, "data", record)
    return int(attributes["sequence"])


def check_record(record, store_id, previous):
    headers = dict(record.headers)
    check(len(headers) == len(record.headers), "a header stands twice", record)
    check(headers["ce_partitionkey"] == record.key, "ce_partitionkey", record)
    event = cloudevents.kafka.from_binary(
        cloudevents.kafka.KafkaMessage(headers, record.key.decode(), record.value),
        data_unmarshaller=lambda value: value)
    position = check_event(event, record, store_id)
    check(int(headers["skein_shard"]) == record.partition, "skein_shard", record)
    check(int(headers["skein_position"]) == position, "skein_position", record)
    check(int(headers["skein_epoch"]) >= 0, "skein_epoch", record)
    check(bytes.fromhex(headers["skein_prev_hash"].decode()) == previous, "skein_prev_hash", record)
    link = blake2b(b"\0" + record.partition.to_bytes(4, "big") + position.to_bytes(8, "big") +
                   previous + blake2b(record.value))
    check(bytes.fromhex(headers["skein_hash"].decode()) == link, "skein_hash", record)
    check(position == record.offset + 1, "position", record)
    return event["id"], link


def main():
    broker, topic, store_id = sys.argv[1:4]
    wanted = {n: int(count) for n, count in enumerate(sys.argv[4:])}
    consumer = kafka.KafkaConsumer(bootstrap_servers=broker, consumer_timeout_ms=IDLE_MS,
                                   auto_offset_reset="none", enable_auto_commit=False)
    partitions = [kafka.TopicPartition(topic, n) for n in wanted]
    consumer.assign(partitions)
    for partition in partitions:
        consumer.seek(partition, 0)
    links = {n: blake2b(uuid.UUID(store_id).bytes) for n in wanted}
    ids = set()
    for record in consumer:
        event_id, links[record.partition] = check_record(record, store_id, links[record.partition])
        ids.add(event_id)
        wanted[record.partition] -= 1
        if not any(wanted.values()):
            break
    if any(wanted.values()):
        sys.exit(f"records that did not come, by partition: {wanted}")
    if len(ids) != sum(int(count) for count in sys.argv[4:]):
        sys.exit("two events have one id")
    print(f"{len(ids)} events are CloudEvents, and their chains hold")


if __name__ == "__main__":
    main()
