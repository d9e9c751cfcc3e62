"""Made-up records that carry their own number, and the comparison of what went in with what came out."""
import base64
import json

KEYS = 997
# Each special form turns up many times in a thousand records; primes, so that they also meet.
NO_KEY, EMPTY_KEY, NO_VALUE, EMPTY_VALUE, HEADERS, ODD_HEADERS = 7, 13, 11, 17, 3, 19


def make(index, size=100):
    """(key, value, headers) of record number index; bytes or None. Its number is in the value, else in the header n."""
    key = f"key-{index * 7919 % KEYS}".encode()
    if index % NO_KEY == 3:
        key = None
    elif index % EMPTY_KEY == 5:
        key = b""
    value = f"{index:010d}:".encode().ljust(size, b"abcdefghijklmnopqrstuvwxyz"[index % 26:][:1])
    headers = []
    if index % NO_VALUE == 4:
        value = None
    elif index % EMPTY_VALUE == 6:
        value = b""
    if not value:
        headers.append(("n", str(index).encode()))
    if index % HEADERS == 1:
        headers.append(("trace", f"t-{index}".encode()))
    if index % ODD_HEADERS == 2:
        headers += [("twice", b"first"), ("twice", b"second"), ("empty", b""), ("null", None)]
    return key, value, headers


def number_of(value, headers):
    if value:
        return int(value[:10])
    return next(int(content) for name, content in headers if name == "n")


def text_or_base64(content):
    """A header's value in jsonl."""
    if content is None:
        return None
    try:
        return content.decode()
    except UnicodeDecodeError:
        return {"base64": base64.b64encode(content).decode()}


def to_jsonl(key, value, headers, partition=None, timestamp=None):
    """One line for `ottla produce --input jsonl`."""
    entry = {}
    for name, content in (("key", key), ("value", value)):
        said = text_or_base64(content)
        if isinstance(said, dict):
            entry[name + "Base64"] = said["base64"]
        else:
            entry[name] = said
    if headers:
        entry["headers"] = [[name, text_or_base64(content)] for name, content in headers]
    if partition is not None:
        entry["partition"] = partition
    if timestamp is not None:
        entry["timestamp"] = timestamp
    return json.dumps(entry)


def from_jsonl(line):
    """(partition, offset, key, value, headers) of one line of `ottla consume --output jsonl`."""
    entry = json.loads(line)
    headers = [(name, content_of(said)) for name, said in entry.get("headers") or []]
    return entry["partition"], entry["offset"], part_of(entry, "key"), part_of(entry, "value"), headers


def part_of(entry, name):
    if entry.get(name + "Base64") is not None:
        return base64.b64decode(entry[name + "Base64"])
    said = entry.get(name)
    return None if said is None else said.encode()


def content_of(said):
    if isinstance(said, dict):
        return base64.b64decode(said["base64"])
    return None if said is None else said.encode()


def differences(sent, consumed, shown=10):
    """Sentences about what is missing, doubled, changed or out of place.

    sent: {(partition, offset): index}, as acknowledged. consumed: list of (partition, offset, key, value, headers).
    """
    wrong, seen = [], set()
    for partition, offset, key, value, headers in consumed:
        place = (partition, offset)
        if place in seen:
            wrong.append(f"{place} was handed out twice")
        seen.add(place)
        index = sent.get(place)
        if index is None:
            wrong.append(f"{place} holds a record that nobody had acknowledged: {value!r} {headers!r}")
        elif (key, value, headers) != make(index):
            wrong.append(f"{place} should be record {index}, {make(index)!r}, and is {(key, value, headers)!r}")
        if len(wrong) >= shown:
            return wrong
    missing = sorted(set(sent) - seen)
    wrong += [f"record {sent[place]} was acknowledged at {place} and is not there" for place in missing[:shown]]
    return wrong


def order_faults(sent, shown=10):
    """Sentences about records of one partition that did not land in input order, and keys on two partitions."""
    wrong, last, home = [], {}, {}
    for (partition, offset), index in sorted(sent.items()):
        if last.get(partition, -1) > index:
            wrong.append(f"partition {partition}: record {index} at offset {offset} comes after record {last[partition]}")
        last[partition] = index
        key = make(index)[0]
        if key is not None and home.setdefault(key, partition) != partition:
            wrong.append(f"key {key!r} is on partitions {home[key]} and {partition}")
    return wrong[:shown]
