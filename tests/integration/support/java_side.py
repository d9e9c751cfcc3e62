"""Apache Kafka's own console tools on the other side of a test: lines in, records out."""
import re

# The console tools print and parse text: signs that no made-up record holds.
NULL = "~null~"
PARTED = re.compile(r"^Partition:(\d+)\tOffset:(\d+)\t(.*)$", re.S)


def consume(kafka, topic, count):
    """What ConsoleConsumer reads from the beginning: a list of (partition, offset, key, value, headers)."""
    shown = [word for name in ("partition", "offset", "headers", "key") for word in ("--formatter-property", f"print.{name}=true")]
    said = kafka.tool("consumer.ConsoleConsumer", "--bootstrap-server", kafka.brokers, "--topic", topic, "--from-beginning",
                      "--max-messages", str(count), "--timeout-ms", "30000", *shown,
                      "--formatter-property", f"null.literal={NULL}", "--formatter-property", "headers.separator=|",
                      "--command-property", "max.poll.records=5000")
    return [parse(line) for line in said.splitlines() if line.startswith("Partition:")]


def parse(line):
    """Partition:0<TAB>Offset:5<TAB>name:value|name:value<TAB>key<TAB>value; NO_HEADERS where there are none."""
    partition, offset, rest = PARTED.match(line).groups()
    headers, key, value = rest.split("\t")
    pairs = [] if headers == "NO_HEADERS" else [entry.split(":", 1) for entry in headers.split("|")]
    return int(partition), int(offset), content(key), content(value), [(name, content(said)) for name, said in pairs]


def content(said):
    return None if said == NULL else said.encode()


def produce(kafka, topic, records, codec):
    """Sends (key, value, headers) with ConsoleProducer, one line each."""
    lines = []
    for key, value, headers in records:
        named = ",".join(f"{name}:{NULL if said is None else said.decode()}" for name, said in headers)
        lines.append("\t".join((named or NULL, NULL if key is None else key.decode(), NULL if value is None else value.decode())))
    told = [word for pair in ("parse.key=true", "parse.headers=true", f"null.marker={NULL}")
            for word in ("--reader-property", pair)]
    kafka.tool("ConsoleProducer", "--bootstrap-server", kafka.brokers, "--topic", topic, "--compression-codec", codec,
               "--command-property", "linger.ms=20", "--command-property", "batch.size=65536", *told,
               input="\n".join(lines) + "\n")


def produce_many(kafka, topic, count, size, codec):
    """ProducerPerformance: many records of one size, no keys."""
    return kafka.tool("ProducerPerformance", "--bootstrap-server", kafka.brokers, "--topic", topic, "--num-records", str(count),
                      "--record-size", str(size), "--throughput", "-1", "--command-property", f"compression.type={codec}")
