"""Hostile questions to `ottla wire`: lines made from honest ones by cutting, lying, flipping and inflating; the same from the same seed.

  python3 tests/cli/hostile.py decode --lines 1000000 | /usr/bin/time -v build/release/bin/ottla wire decode --jsonl > /dev/null
  python3 tests/cli/hostile.py records --lines 100000 | ...
"""
import argparse
import base64
import json
import pathlib
import random
import struct
import sys
import tarfile
import zlib

CORPUS = pathlib.Path(__file__).resolve().parents[2] / "fuzz/corpus"
ABSURD = [0x7FFFFFFF, 0x7FFFFFFE, 0x80000000, 0xFFFFFFFF, 0x10000000, 0x7FFF, 0xFFFF0000, 0]


def corpus(name):
    with tarfile.open(CORPUS / f"{name}.tar.xz") as archive:
        return [archive.extractfile(member).read() for member in archive]


def honest(verb):
    """Questions as objects."""
    if verb == "records":
        return [{"hex": one.hex()} for one in corpus("records")]
    # The first byte chooses the fuzzer's verb; 3 is records. What the fuzzer found is not all of it honest.
    found = [honest_question(one[1:]) for one in corpus("questions") if one[0] != 3]
    return [one for one in found if one is not None]


def honest_question(text):
    """The object that a text is, if it names a message, a version and bytes in hexadecimal; else None."""
    try:
        said = json.loads(text)
        bytes.fromhex(said["hex"])
        return said if isinstance(said["api"], str) and isinstance(said["kind"], str) and isinstance(said["version"], int) else None
    except (ValueError, TypeError, KeyError):
        return None


def bomb(size):
    """A batch whose gzip text grows to `size` bytes: a thousand times what it takes. With its checksum right."""
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    text = packer.compress(bytes(size)) + packer.flush()
    behind = struct.pack(">hiqqqhii", 1, 0, 0, 0, -1, -1, -1, 1) + text
    return struct.pack(">qiib", 0, 9 + len(behind), 0, 2) + struct.pack(">I", crc32c(behind)) + behind


def crc32c(data):
    value = 0xFFFFFFFF
    for byte in data:
        value ^= byte
        for _ in range(8):
            value = value >> 1 ^ (0x82F63B78 if value & 1 else 0)
    return value ^ 0xFFFFFFFF


def damaged(body, chance):
    kind = chance.randrange(5)
    out = bytearray(body)
    at = chance.randrange(len(out) or 1)
    if kind == 0:
        return bytes(out[:at])
    if kind == 1 and out:
        out[at] ^= 1 << chance.randrange(8)
    if kind == 2:
        out[at:at + 4] = struct.pack(">I", chance.choice(ABSURD))
    if kind == 3:  # as varints: the compact lengths and counts
        out[at:at + 1] = chance.choice([b"\xff\xff\xff\xff\x0f", b"\xff\xff\x7f", b"\xff" * 9, b"\x00", b"\x80\x80\x01"])
    if kind == 4:
        out[at:at] = chance.randbytes(chance.randrange(40))
    return bytes(out)


def text_damage(line, chance):
    """The JSON itself: cut, or with bytes that are none of its own."""
    at = chance.randrange(len(line))
    return [line[:at], line[:at] + b"\xff\xc0\x80" + line[at:], line[:at] + line[at + 1:], line + line, line[:at] + b"[" * 100 + line[at:],
            line.replace(b'"hex"', b'"hex" '), line.replace(b'"', b"'", 1)][chance.randrange(7)]


SPECIAL = [b"", b" ", b"null", b"[]", b"{}", b"{" * 10000, b"[" * 100000, b'{"hex":"' + b"0" * 99 + b'"}', b'"\\ud800"', b"\x00", b"\xef\xbb\xbf{}",
           b'{"api":"Fetch","kind":"response","version":99999999999999999999,"hex":""}', b'{"api":1,"kind":2,"version":"x","hex":[]}',
           b'{"api":"' + b"A" * 100000 + b'","kind":"request","version":0,"hex":""}', b'{"hex":"' + b"zz" * 1000 + b'"}']


def lines(verb, count, seed):
    """`count` lines without their line feeds. Every honest question is cut at each of its bytes before chance takes over."""
    chance = random.Random(seed)
    questions = honest(verb)
    made = 0
    for question in questions:
        body = bytes.fromhex(question["hex"])
        for end in range(0, len(body), max(1, len(questions) * len(body) // max(1, count // 3))):
            if made == count // 3:
                break
            yield json.dumps({**question, "hex": body[:end].hex()}).encode()
            made += 1
    huge = [json.dumps({**questions[0], "hex": "00" * (3 << 20)}).encode()]
    if verb == "records":
        huge += [json.dumps({"hex": bomb(size << 20).hex()}).encode() for size in (1, 63, 70)]
    for number in range(made, count):
        question = chance.choice(questions)
        body = damaged(bytes.fromhex(question["hex"]), chance)
        if number % 20011 == 20010:
            yield chance.choice(huge)
        elif number % 101 == 0:
            yield SPECIAL[number // 101 % len(SPECIAL)]
        elif verb == "encode":
            yield json.dumps({**question, "json": damaged_json(question.get("json"), chance)}).encode()
        else:
            line = json.dumps({**question, "hex": body.hex()}).encode()
            yield text_damage(line, chance).replace(b"\n", b"") if number % 13 == 0 else line


def damaged_json(value, chance):
    """One value in the tree becomes another kind, or a member goes."""
    wrong = [None, True, -1, 1 << 70, 1.5, "\ud83d\udc1f", "x" * 40000, [], {}, base64.b64encode(b"x").decode(), [[[[]]]], float("1e308")]
    if isinstance(value, dict) and value and chance.random() < 0.8:
        name = chance.choice(list(value))
        rest = {k: v for k, v in value.items() if k != name}
        return rest if chance.random() < 0.2 else {**rest, name: damaged_json(value[name], chance)}
    if isinstance(value, list) and value and chance.random() < 0.8:
        at = chance.randrange(len(value))
        return value[:at] + [damaged_json(value[at], chance)] + value[at + 1:]
    return chance.choice(wrong)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("verb", choices=["decode", "encode", "roundtrip", "records"])
    parser.add_argument("--lines", type=int, default=10000)
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    for line in lines(args.verb, args.lines, args.seed):
        sys.stdout.buffer.write(line + b"\n")


if __name__ == "__main__":
    main()
