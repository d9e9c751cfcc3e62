"""Single requests to a broker by `ottla wire send`, as Python dicts, and record batches made by hand for them."""
import base64
import json
import pathlib
import struct
import time

from . import ottla


def error_names():
    """{code: name} out of the schemas' table."""
    lines = (pathlib.Path(ottla.ROOT) / "protocol/schemas/errors.txt").read_text().splitlines()
    return {int(line.split()[0]): line.split()[1] for line in lines if line and not line.startswith("#")}


ERRORS = error_names()


def ask(brokers, api, version, node=None, **fields):
    """The answer's fields, of any broker or of one; brokers may be a properties file. One connection per request: nothing is remembered on the client's side."""
    told = [] if node is None else ["--broker", str(node)]
    done = ottla.run(*ottla.reach(brokers), "wire", "send", api, "--version", str(version), *told, "--json", json.dumps(fields))
    return json.loads(done.stdout)


def crc32c(data):
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = (crc >> 1) ^ (0x82F63B78 if crc & 1 else 0)
    return crc ^ 0xFFFFFFFF


def varint(number):
    """Zigzag, seven bits a byte."""
    left = number * 2 if number >= 0 else -number * 2 - 1
    out = bytearray()
    while left >= 0x80:
        out.append(left & 0x7F | 0x80)
        left >>= 7
    return bytes(out) + bytes((left,))


def record(delta, value, key=None, later=0):
    """One record without headers; `later`: its timestamp less the batch's first."""
    told_key = varint(-1) if key is None else varint(len(key)) + key
    told_value = varint(-1) if value is None else varint(len(value)) + value
    body = b"\0" + varint(later) + varint(delta) + told_key + told_value + varint(0)
    return varint(len(body)) + body


def batch(*values, producer=-1, epoch=-1, sequence=-1, transactional=False, key=None, timestamps=None, attributes=0, base_offset=0,
          count=None, last=None, magic=2, crc=None, records=None):
    """A record batch as a producer sends it now, in base64 as a records field has it in JSON; what else is given is a lie in its header."""
    now = int(time.time() * 1000)  # an old one would have the broker begin a new segment for what comes next
    times = timestamps or [now] * len(values)
    if records is None:
        records = b"".join(record(index, value if value is None else value.encode(), key, times[index] - times[0])
                           for index, value in enumerate(values))
    last = len(values) - 1 if last is None else last
    covered = struct.pack(">hiqqqhii", attributes | (0x10 if transactional else 0), last, times[0], max(times), producer, epoch, sequence,
                          len(values) if count is None else count) + records
    head = struct.pack(">qiibI", base_offset, len(covered) + 9, -1, magic, crc32c(covered) if crc is None else crc)
    return base64.b64encode(head + covered).decode()


def batches(records):
    """What a records field of an answer holds, in the terms of `ottla wire records`."""
    line = json.dumps({"hex": base64.b64decode(records or "").hex()})
    return json.loads(ottla.run("wire", "records", "--jsonl", input=line + "\n").stdout)["batches"]
