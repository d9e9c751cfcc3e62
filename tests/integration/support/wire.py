"""Single requests to a broker by `ottla wire send`, as Python dicts, and record batches made by hand for them."""
import base64
import json
import struct
import time

from . import ottla


def ask(brokers, api, version, **fields):
    """The answer's fields. One connection per request: nothing is remembered on the client's side."""
    done = ottla.run("-b", brokers, "wire", "send", api, "--version", str(version), "--json", json.dumps(fields))
    return json.loads(done.stdout)


def crc32c(data):
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = (crc >> 1) ^ (0x82F63B78 if crc & 1 else 0)
    return crc ^ 0xFFFFFFFF


def record(delta, value):
    """One record without key and headers; all its lengths are below 64, so each varint is one byte."""
    body = bytes((0, 0, 2 * delta, 1, 2 * len(value))) + value + b"\0"
    return bytes((2 * len(body),)) + body


def batch(*values, producer=-1, epoch=-1, sequence=-1, transactional=False):
    """A record batch (magic 2) as a producer sends it now, in base64 as a records field has it in JSON."""
    timestamp = int(time.time() * 1000)  # an old one would have the broker begin a new segment for what comes next
    records = b"".join(record(index, value.encode()) for index, value in enumerate(values))
    last = len(values) - 1
    covered = struct.pack(">hiqqqhii", 0x10 if transactional else 0, last, timestamp, timestamp, producer, epoch, sequence,
                          len(values)) + records
    head = struct.pack(">qiibI", 0, len(covered) + 9, -1, 2, crc32c(covered))
    return base64.b64encode(head + covered).decode()


def batches(records):
    """What a records field of an answer holds, in the terms of `ottla wire records`."""
    line = json.dumps({"hex": base64.b64decode(records or "").hex()})
    return json.loads(ottla.run("wire", "records", "--jsonl", input=line + "\n").stdout)["batches"]
