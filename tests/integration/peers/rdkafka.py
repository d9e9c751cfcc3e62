"""librdkafka, by its Python wheel, doing one job of the matrix; what a job is stands in README.md."""
import base64
import json
import sys
import time

import confluent_kafka as ck
from confluent_kafka import admin

QUIET = {"log_level": 3}


def part(entry, name):
    if entry.get(name + "Base64") is not None:
        return base64.b64decode(entry[name + "Base64"])
    said = entry.get(name)
    return None if said is None else said.encode()


def header(said):
    if isinstance(said, dict):
        return base64.b64decode(said["base64"])
    return None if said is None else said.encode()


def told(message):
    def shown(content):
        return None if content is None else {"base64": base64.b64encode(content).decode()}
    entry = {"partition": message.partition(), "offset": message.offset(),
             "headers": [[name, shown(content)] for name, content in message.headers() or []]}
    for name, content in (("key", message.key()), ("value", message.value())):
        if content is not None:
            entry[name + "Base64"] = base64.b64encode(content).decode()
    print(json.dumps(entry), flush=True)


def refuse(error):
    if error is not None:
        sys.exit(f"rdkafka: {error}")


def send(producer, topic, entries):
    """Each entry and a report of where it went; flushed."""
    def reported(index):
        def report(error, message):
            refuse(error)
            print(json.dumps({"index": index, "partition": message.partition(), "offset": message.offset()}))
        return report
    for index, line in entries:
        entry = json.loads(line)
        headers = [(name, header(said)) for name, said in entry.get("headers", [])]
        while True:
            try:
                producer.produce(topic, part(entry, "value"), part(entry, "key"), headers=headers, on_delivery=reported(index))
                break
            except BufferError:
                producer.poll(0.1)
        producer.poll(0)
    if producer.flush(60) != 0:
        sys.exit("rdkafka: records without an outcome after 60 s")


def produce(brokers, topic, codec):
    producer = ck.Producer({"bootstrap.servers": brokers, "compression.type": codec, "linger.ms": 20, "enable.idempotence": True, **QUIET})
    send(producer, topic, enumerate(sys.stdin))


def take(consumer, count, each):
    """The next records, in time."""
    taken = 0
    while taken < count:
        message = consumer.poll(30)
        if message is None:
            sys.exit(f"rdkafka: {taken} of {count} records, then nothing for 30 s")
        refuse(message.error())
        each(message)
        taken += 1


def consume(brokers, topic, count, isolation):
    consumer = ck.Consumer({"bootstrap.servers": brokers, "group.id": "unused", "isolation.level": isolation, "enable.auto.commit": False,
                            "check.crcs": True, **QUIET})
    known = consumer.list_topics(topic, timeout=30).topics[topic].partitions
    consumer.assign([ck.TopicPartition(topic, partition, ck.OFFSET_BEGINNING) for partition in known])
    take(consumer, int(count), told)
    consumer.close()


def group(brokers, topic, name, count, protocol):
    consumer = ck.Consumer({"bootstrap.servers": brokers, "group.id": name, "group.protocol": protocol, "auto.offset.reset": "earliest",
                            "enable.auto.commit": False, **QUIET})
    consumer.subscribe([topic])
    take(consumer, int(count), told)
    consumer.commit(asynchronous=False)
    consumer.close()


def transact(brokers, topic, name):
    producer = ck.Producer({"bootstrap.servers": brokers, "transactional.id": name, **QUIET})
    producer.init_transactions(60)
    entries = list(enumerate(sys.stdin))
    half = len(entries) // 2
    producer.begin_transaction()
    send(producer, topic, entries[:half])
    producer.commit_transaction(60)
    producer.begin_transaction()
    send(producer, topic, entries[half:])
    producer.abort_transaction(60)


def copy(brokers, source, target, group_name, name, count):
    producer = ck.Producer({"bootstrap.servers": brokers, "transactional.id": name, **QUIET})
    producer.init_transactions(60)
    consumer = ck.Consumer({"bootstrap.servers": brokers, "group.id": group_name, "auto.offset.reset": "earliest",
                            "isolation.level": "read_committed", "enable.auto.commit": False, **QUIET})
    consumer.subscribe([source])

    def on(message):
        producer.produce(target, message.value(), message.key(), headers=message.headers() or [], partition=message.partition())
    left = int(count)
    while left > 0:
        producer.begin_transaction()
        some = min(left, 100)
        take(consumer, some, on)
        producer.send_offsets_to_transaction(consumer.position(consumer.assignment()), consumer.consumer_group_metadata(), 60)
        producer.commit_transaction(60)
        left -= some
    consumer.close()


def settled(ask, wanted):
    """What is told once it is what is wanted; brokers hear of changes one after the other. After 10 s, what is told then."""
    deadline = time.monotonic() + 10
    while (found := ask()) != wanted and time.monotonic() < deadline:
        time.sleep(0.05)
    return found


def only(futures):
    (future,) = futures.values()
    return future.result(60)


def administer(brokers, topic, full, group_name):
    client = admin.AdminClient({"bootstrap.servers": brokers, **QUIET})
    resource = admin.ConfigResource(admin.ResourceType.TOPIC, topic)

    def setting(name):
        return only(client.describe_configs([resource]))[name].value

    def partitions():
        return len(client.list_topics(topic, timeout=30).topics[topic].partitions)

    def alter(name, value):
        entry = admin.ConfigEntry(name, value, incremental_operation=admin.AlterConfigOpType.SET)
        only(client.incremental_alter_configs([admin.ConfigResource(admin.ResourceType.TOPIC, topic, incremental_configs=[entry])]))

    def offset(specification):
        return only(client.list_offsets({ck.TopicPartition(full, 0): specification})).offset
    found = {}
    only(client.create_topics([admin.NewTopic(topic, 3, 1, config={"max.message.bytes": "12345"})]))
    found["created"] = settled(partitions, 3)
    found["maxMessageBytes"] = settled(lambda: setting("max.message.bytes"), "12345")
    alter("retention.ms", "3600000")
    found["retention"] = settled(lambda: setting("retention.ms"), "3600000")
    only(client.create_partitions([admin.NewPartitions(topic, 5)]))
    found["grown"] = settled(partitions, 5)
    only(client.delete_records([ck.TopicPartition(full, 0, 3)]))
    found["earliest"], found["latest"] = offset(admin.OffsetSpec.earliest()), offset(admin.OffsetSpec.latest())
    listed = client.list_consumer_groups().result(60)
    found["listed"] = group_name in [one.group_id for one in listed.valid]
    found["state"] = only(client.describe_consumer_groups([group_name])).state.name.upper()
    offsets = only(client.list_consumer_group_offsets([ck.ConsumerGroupTopicPartitions(group_name)]))
    found["committed"] = sum(one.offset for one in offsets.topic_partitions)
    only(client.delete_consumer_groups([group_name]))
    only(client.delete_topics([topic]))
    found["gone"] = [group_name not in [one.group_id for one in client.list_consumer_groups().result(60).valid],
                     not settled(lambda: topic in client.list_topics(timeout=30).topics, False)]
    print(json.dumps(found))


JOBS = {"produce": produce, "consume": consume, "group": group, "transact": transact, "copy": copy, "admin": administer}
JOBS[sys.argv[1]](*sys.argv[2:])
