"""What kafka-python does with a broker: produce, groups, offsets, admin and transactions. Prints one JSON line."""

import json
import sys
import threading

from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer, TopicPartition
from kafka.admin import NewPartitions, NewTopic

servers = sys.argv[1]
seen = {}

admin = KafkaAdminClient(bootstrap_servers=servers)
admin.create_topics([NewTopic("words", 2, 1), NewTopic("moved", 1, 1)])
admin.create_partitions({"words": NewPartitions(4)})
seen["topics"] = sorted(topic for topic in admin.list_topics() if not topic.startswith("__"))

producer = KafkaProducer(bootstrap_servers=servers, acks="all", enable_idempotence=True, compression_type="gzip")
for number in range(200):
    producer.send("words", key=b"k%d" % number, value=b"v%d" % number, headers=[("n", b"%d" % number)])
producer.flush()
producer.close()


def read(topic, count, **settings):
    consumer = KafkaConsumer(topic, bootstrap_servers=servers, auto_offset_reset="earliest", consumer_timeout_ms=20000, **settings)
    values = []
    for record in consumer:
        values.append(record.value.decode())
        if len(values) == count:
            break
    return consumer, values


# Two members share the four partitions; each ends when both together have everything.
lock = threading.Lock()
shared = {}
enough = threading.Event()


def member(name):
    consumer = KafkaConsumer("words", bootstrap_servers=servers, group_id="pair", auto_offset_reset="earliest", session_timeout_ms=6000)
    while not enough.is_set():
        polled = consumer.poll(timeout_ms=200)
        with lock:
            mine = shared.setdefault(name, {"partitions": 0, "values": []})
            mine["partitions"] = len(consumer.assignment())
            mine["values"] += [record.value.decode() for records in polled.values() for record in records]
            values = {value for each in shared.values() for value in each["values"]}
            halves = [each["partitions"] for each in shared.values()]
            if len(values) == 200 and halves == [2, 2]:
                enough.set()
    consumer.commit()
    consumer.close()


threads = [threading.Thread(target=member, args=(name,)) for name in "ab"]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join(60)
seen["shared"] = enough.is_set()
committed = admin.list_group_offsets("pair") if hasattr(admin, "list_group_offsets") else admin.list_consumer_group_offsets("pair")
committed = committed.get("pair", committed)
seen["committed"] = sum(offset.offset for offset in committed.values())

transactional = KafkaProducer(bootstrap_servers=servers, transactional_id="mover", enable_idempotence=True, acks="all")
transactional.init_transactions()
for value, end in [(b"kept 1", "commit"), (b"dropped", "abort"), (b"kept 2", "commit")]:
    transactional.begin_transaction()
    transactional.send("moved", value=value)
    transactional.flush()
    getattr(transactional, end + "_transaction")()
transactional.close()
consumer, seen["moved"] = read("moved", 2, isolation_level="read_committed")
seen["ends"] = list(consumer.end_offsets([TopicPartition("moved", 0)]).values())
consumer.close()

admin.delete_topics(["words", "moved"])
seen["left"] = sorted(topic for topic in admin.list_topics() if not topic.startswith("__"))
admin.close()
print(json.dumps(seen))
