#!/usr/bin/env python3
"""Transcribes the message definitions inside an official kafka-clients jar into our schema text, facts only.

    transcribe.py kafka-clients-4.3.1.jar protocol/schemas             writes the files that do not exist yet

Existing files are never touched: they carry our own comments and flags (`secret`, `# ...`). What differs in them says `drift`.
Names, types, versions and defaults are facts about the wire; descriptions stay where they are.
"""
import argparse
import json
import re
import sys
import zipfile
from pathlib import Path

KNOWN_TOP = {"apiKey", "type", "name", "listeners", "validVersions", "flexibleVersions", "latestVersionUnstable",
             "deprecatedVersions", "fields", "commonStructs"}
KNOWN_FIELD = {"name", "type", "versions", "nullableVersions", "taggedVersions", "tag", "default", "ignorable", "entityType",
               "about", "fields", "mapKey", "zeroCopy", "flexibleVersions"}
INTEGERS = {"error", "int8", "int16", "uint16", "int32", "uint32", "int64"}
FOREVER = 32767


def snake(name):
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name).lower()


def pascal(name):
    return "".join(part[:1].upper() + part[1:] for part in name.split("_"))


def versions(text):
    """'4-18', '12+', '3' or 'none' as an inclusive range; None when empty."""
    if text is None or text == "none":
        return None
    if text.endswith("+"):
        return int(text[:-1]), FOREVER
    low, _, high = text.partition("-")
    return int(low), int(high or low)


def spelled(span):
    low, high = span
    return f"{low}+" if high == FOREVER else str(low) if low == high else f"{low}-{high}"


def clip(span, parent):
    low, high = max(span[0], parent[0]), min(span[1], parent[1])
    return (low, high) if low <= high else None


def open_ended(span, parent):
    """The same range, spelled without an end where it lasts as long as what it stands in."""
    return (span[0], FOREVER) if span[1] == parent[1] else span


def default_of(field, kind):
    """The default as our text spells it, or None where it is the type's own zero."""
    value = field.get("default")
    if value is None:
        return None
    value = str(value).strip()
    if value == "null":
        return "null"
    if kind in INTEGERS:
        number = int(value, 0)
        return str(number) if number else None
    if kind == "bool":
        return "true" if value.lower() == "true" else None
    if kind == "float64":
        return value if float(value) else None
    return f'"{value}"' if value else None


def field_lines(fields, parent, depth):
    rows = []
    for field in fields:
        unknown = set(field) - KNOWN_FIELD
        if unknown:
            sys.exit(f"field {field.get('name')}: cannot read {sorted(unknown)}")
        span = clip(versions(field["versions"]), parent)
        if span is None:  # lives only in versions that were dropped
            continue
        kind = field["type"]
        element = kind[2:] if kind.startswith("[]") else kind
        if kind == "int16" and field["name"].endswith("ErrorCode"):
            kind = "error"
        shown = f"[{element}]" if kind.startswith("[]") else kind
        nullable = versions(field.get("nullableVersions"))
        nullable = clip(nullable, span) if nullable else None
        flags = []
        default = default_of(field, kind)
        if default:
            flags.append(f"= {default}")
        if nullable:
            shown += "?"
            if nullable != span:
                flags.append(f"null={spelled(open_ended(nullable, span))}")
        if "tag" in field:
            if versions(field["taggedVersions"]) != versions(field["versions"]):
                sys.exit(f"field {field['name']}: tagged in some versions only")
            flags.append(f"tag {field['tag']}")
        if str(field.get("ignorable", False)).lower() == "true":
            flags.append("ignorable")
        if field.get("flexibleVersions") == "none":
            flags.append("never-compact")
        if "entityType" in field:
            flags.append("id=" + snake(field["entityType"]))
        name = snake(field["name"])
        if pascal(name) != field["name"]:
            flags.append("name=" + field["name"])
        covered = span == parent
        rows.append(("  " * depth + name, shown, "" if covered else spelled(open_ended(span, parent)), " ".join(flags)))
        rows += field_lines(field.get("fields", []), span, depth + 1)
    return rows


def body(message):
    span = versions(message["validVersions"])
    rows = field_lines(message["fields"], span, 1)
    for struct in message.get("commonStructs", []):
        rows.append((f"  struct {struct['name']}", "", "", ""))
        rows += field_lines(struct["fields"], span, 2)
    width = max((len(row[0]) for row in rows), default=0) + 2
    type_width = max((len(row[1]) for row in rows), default=0) + 2
    lines = []
    for name, kind, span_text, flags in rows:
        lines.append(f"{name:<{width}}{kind:<{type_width}}{span_text:<7}{flags}".rstrip())
    return lines


def flexible(message):
    span = versions(message["flexibleVersions"])
    return f"   flexible {spelled(span)}" if span else "   flexible none"


def load(jar):
    messages = {}
    with zipfile.ZipFile(jar) as archive:
        for entry in archive.namelist():
            if entry.startswith("common/message/") and entry.endswith(".json"):
                text = archive.read(entry).decode()
                message = json.loads("\n".join(l for l in text.split("\n") if not l.lstrip().startswith("//")))
                unknown = set(message) - KNOWN_TOP
                if unknown:
                    sys.exit(f"{entry}: cannot read {sorted(unknown)}")
                messages[message["name"]] = message
    return messages


def transcribe(messages):
    """File name -> lines."""
    files = {}
    for name, message in sorted(messages.items()):
        kind = message["type"]
        if kind == "request":
            api = name.removesuffix("Request")
            response = messages[api + "Response"]
            head = f"api {message['apiKey']} {api}   versions {message['validVersions']}"
            if message["validVersions"] == "none":
                files[snake(api) + ".txt"] = [head]
                continue
            if (message["validVersions"], message["flexibleVersions"]) != (response["validVersions"], response["flexibleVersions"]):
                sys.exit(f"{api}: request and response differ in versions")
            head += flexible(message)
            if str(message.get("latestVersionUnstable", False)).lower() == "true":
                head += f"   unstable {versions(message['validVersions'])[1]}"
            if "deprecatedVersions" in message:
                head += f"   deprecated {message['deprecatedVersions']}"
            files[snake(api) + ".txt"] = [head, "request", *body(message), "response", *body(response)]
        elif kind in ("header", "data"):
            head = f"{kind} {name}   versions {message['validVersions']}{flexible(message)}"
            files[snake(name) + ".txt"] = [head, *body(message)]
    return files


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("jar")
    parser.add_argument("schemas", type=Path)
    args = parser.parse_args()
    for name, lines in transcribe(load(args.jar)).items():
        path = args.schemas / name
        if not path.exists():
            path.write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
