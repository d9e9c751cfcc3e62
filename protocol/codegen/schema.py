"""Reads the schema text (protocol/schemas/*.txt) strictly: an unknown word is an error, with file and line."""
import re
from dataclasses import dataclass, field
from pathlib import Path

FOREVER = 32767
NEVER = (1, 0)  # an empty range
SCALARS = {"bool", "int8", "int16", "uint16", "int32", "uint32", "int64", "float64", "uuid", "error"}
SIZED = {"string", "bytes", "records"}
IDS = {"broker_id": "int32", "producer_id": "int64", "topic_name": "string", "group_id": "string", "transactional_id": "string"}
RANGES = {"int8": (-2**7, 2**7 - 1), "int16": (-2**15, 2**15 - 1), "uint16": (0, 2**16 - 1), "int32": (-2**31, 2**31 - 1),
          "uint32": (0, 2**32 - 1), "int64": (-2**63, 2**63 - 1), "error": (-2**15, 2**15 - 1)}


class SchemaError(Exception):
    pass


@dataclass
class Field:
    name: str                # snake_case
    official: str            # as in the official definition
    kind: str                # scalar, string, bytes, records or the name of a struct
    is_array: bool
    versions: tuple          # effective: never wider than what it stands in
    nullable: tuple          # versions that allow null, NEVER if none
    default: object = None   # None: the type's own zero; "null"; else the literal
    tag: int = None
    ignorable: bool = False
    secret: bool = False
    never_compact: bool = False
    identity: str = None     # entity type
    doc: list = field(default_factory=list)
    struct: object = None    # the Struct it refers to


@dataclass
class Struct:
    name: str
    fields: list
    versions: tuple


@dataclass
class Message:
    name: str                # FetchRequest
    api: str                 # Fetch
    kind: str                # request, response, header, data
    key: int                 # API key, None for header and data
    min_version: int
    max_version: int         # highest that is spoken: neither unstable nor ahead; below min_version if there is none
    max_unstable: int        # highest that is read and written
    flexible: tuple
    deprecated: tuple
    doc: list
    unstable: int = None     # the version that the definition calls unstable
    ahead: int = None        # from here on, newer than the release that the rest stands in
    root: Struct = None
    structs: list = field(default_factory=list)  # without the root, what is used stands before what uses it


@dataclass
class Api:
    file: str                # stem of the schema file
    name: str
    key: int                 # None for header and data
    kind: str                # api, header, data
    doc: list
    messages: list           # empty when no version is left


def pascal(name):
    return "".join(part[:1].upper() + part[1:] for part in name.split("_"))


def parse_range(text):
    match = re.fullmatch(r"(\d+)(?:(\+)|-(\d+))?", text)
    if not match:
        return None
    low = int(match[1])
    high = FOREVER if match[2] else int(match[3] or low)
    if high < low:
        raise SchemaError(f"versions {text} run backwards")
    return low, high


def clip(span, outer):
    return max(span[0], outer[0]), min(span[1], outer[1])


def empty(span):
    return span[0] > span[1]


class Line:
    def __init__(self, number, indent, text, comment):
        self.number, self.indent, self.text, self.comment = number, indent, text, comment
        self.doc = []


def lines_of(path):
    """Logical lines: comments above a line and behind it become its doc."""
    pending, out = [], []
    for number, raw in enumerate(path.read_text().splitlines(), 1):
        if "\t" in raw:
            raise SchemaError(f"{path.name}:{number}: tab")
        match = re.match(r'((?:[^#"]|"[^"]*")*)(?:#\s?(.*))?$', raw)
        text, comment = match[1].rstrip(), match[2]
        if not text.strip():
            if comment is not None:
                pending.append(comment.strip())
            continue
        indent = len(text) - len(text.lstrip())
        line = Line(number, indent, text.strip(), comment)
        line.doc = pending + ([comment.strip()] if comment else [])
        pending = []
        out.append(line)
    return out


class Parser:
    def __init__(self, path):
        self.path = path
        self.lines = lines_of(path)
        self.at = 0

    def fail(self, line, why):
        raise SchemaError(f"{self.path.name}:{line.number}: {why}")

    def head(self):
        """`api 1 Fetch versions 4-18 flexible 12+ unstable 18 ahead 18 deprecated 4-5`, or header/data without the key."""
        line = self.lines[0]
        words = line.text.split()
        kind = words.pop(0)
        if kind not in ("api", "header", "data"):
            self.fail(line, f"unknown word {kind}")
        key = int(words.pop(0)) if kind == "api" else None
        name = words.pop(0)
        facts = {}
        while words:
            word = words.pop(0)
            if word not in ("versions", "flexible", "unstable", "ahead", "deprecated") or word in facts or not words:
                self.fail(line, f"unknown word {word}")
            value = words.pop(0)
            facts[word] = NEVER if value == "none" else parse_range(value)
            if facts[word] is None:
                self.fail(line, f"unknown word {value}")
        if "versions" not in facts:
            self.fail(line, "no versions")
        return line, kind, key, name, facts

    def parse(self):
        line, kind, key, name, facts = self.head()
        api = Api(self.path.stem, name, key, kind, line.doc, [])
        self.at = 1
        if empty(facts["versions"]):
            if len(self.lines) > 1:
                self.fail(self.lines[1], "an API without versions has no fields")
            return api
        if "flexible" not in facts:
            self.fail(line, "no flexible")
        low, high = facts["versions"]
        unstable, ahead = (facts[word][0] if word in facts else None for word in ("unstable", "ahead"))
        for word, version in (("unstable", unstable), ("ahead", ahead)):
            if version is not None and not low <= version <= high:
                self.fail(line, f"{word} {version} is not among the versions")
        spoken = min(version for version in (unstable, ahead, high + 1) if version is not None) - 1
        sections = ("request", "response") if kind == "api" else (kind,)
        for section in sections:
            doc = list(api.doc)
            if kind == "api":
                section_line = self.lines[self.at]
                if section_line.text != section or section_line.indent:
                    self.fail(section_line, f"{section} expected")
                doc += section_line.doc
                self.at += 1
            full = name + section.capitalize() if kind == "api" else name
            message = Message(full, name, section, key, low, spoken, high, facts["flexible"],
                              facts.get("deprecated", NEVER), doc, unstable, ahead)
            self.body(message)
            api.messages.append(message)
        if self.at != len(self.lines):
            self.fail(self.lines[self.at], "unexpected line")
        return api

    def body(self, message):
        span = (message.min_version, message.max_unstable)
        self.structs, self.message = {}, message
        fields = []
        while self.at < len(self.lines) and self.lines[self.at].indent == 2:
            line = self.lines[self.at]
            words = line.text.split()
            if words[0] == "struct":
                if len(words) != 2 or not re.fullmatch(r"[A-Z]\w*", words[1]):
                    self.fail(line, "struct takes a name")
                self.at += 1
                self.define(line, words[1], span, self.fields(4, span))
            else:
                one, = self.fields(2, span, single=True)
                if any(other.name == one.name for other in fields):
                    self.fail(line, f"{one.name} is there twice")
                fields.append(one)
        message.root = Struct(message.name, fields, span)
        self.resolve(message)

    def define(self, line, name, span, fields):
        if name in self.structs:
            self.fail(line, f"{name} is defined twice")
        if not fields:
            self.fail(line, f"{name} has no fields")
        self.structs[name] = Struct(name, fields, span)

    def fields(self, indent, parent, single=False):
        out = []
        while self.at < len(self.lines) and self.lines[self.at].indent == indent:
            line = self.lines[self.at]
            self.at += 1
            one = self.field(line, parent)
            one.line = line
            if any(other.name == one.name for other in out):
                self.fail(line, f"{one.name} is there twice")
            out.append(one)
            if self.at < len(self.lines) and self.lines[self.at].indent > indent:
                if self.lines[self.at].indent != indent + 2:
                    self.fail(self.lines[self.at], "indent by two")
                if one.kind in SCALARS | SIZED:
                    self.fail(self.lines[self.at], f"{one.kind} has no fields")
                self.define(line, one.kind, one.versions, self.fields(indent + 2, one.versions))
            if single:
                break
        return out

    def field(self, line, parent):
        words = re.findall(r'"[^"]*"|\S+', line.text)
        if len(words) < 2:
            self.fail(line, "name and type expected")
        name = words.pop(0)
        if not re.fullmatch(r"[a-z][a-z0-9_]*", name):
            self.fail(line, f"unknown word {name}")
        match = re.fullmatch(r"(\[)?(\w+)(\])?(\?)?", words[0])
        if not match or bool(match[1]) != bool(match[3]):
            self.fail(line, f"unknown word {words[0]}")
        kind = match[2]
        if kind not in SCALARS | SIZED and not re.fullmatch(r"[A-Z]\w*", kind):
            self.fail(line, f"unknown type {kind}")
        words.pop(0)
        span = parent
        if words and parse_range(words[0]):
            span = clip(parse_range(words.pop(0)), parent)
            if empty(span):
                self.fail(line, "lives in no version")
        out = Field(name, pascal(name), kind, bool(match[1]), span, span if match[4] else NEVER, doc=line.doc)
        self.flags(line, out, words)
        self.check(line, out)
        return out

    def flags(self, line, out, words):
        while words:
            word = words.pop(0)
            key, _, value = word.partition("=")
            if word == "=" and words:
                out.default = words.pop(0)
            elif word == "tag" and words and words[0].isdigit():
                out.tag = int(words.pop(0))
            elif word == "ignorable":
                out.ignorable = True
            elif word == "secret":
                out.secret = True
            elif word == "never-compact":
                out.never_compact = True
            elif key == "null" and value and parse_range(value) and not empty(out.nullable):
                out.nullable = clip(parse_range(value), out.versions)
            elif key == "id" and value in IDS:
                out.identity = value
            elif key == "name" and value:
                out.official = value
            else:
                self.fail(line, f"unknown word {word}")

    def check(self, line, out):
        flexible = self.message.flexible
        if out.kind in SCALARS and not out.is_array and not empty(out.nullable):
            self.fail(line, f"{out.kind} cannot be null")
        if out.tag is not None and (out.versions[0] < flexible[0] or empty(flexible)):
            self.fail(line, "tagged before the message is flexible")
        if out.secret and (out.tag is not None or out.is_array or not empty(out.nullable)):
            self.fail(line, "a secret is a plain field")
        if out.identity and IDS[out.identity] != out.kind:
            self.fail(line, f"{out.identity} is no {out.kind}")
        if out.default is None:
            return
        if out.default == "null":
            if empty(out.nullable):
                self.fail(line, "null by default, but never null")
        elif out.is_array or out.kind not in SCALARS | {"string"}:
            self.fail(line, "only null can be the default here")
        elif out.kind in RANGES:
            low, high = RANGES[out.kind]
            if not re.fullmatch(r"-?\d+", out.default) or not low <= int(out.default) <= high:
                self.fail(line, f"{out.default} is no {out.kind}")
        elif out.kind == "bool" and out.default not in ("true", "false"):
            self.fail(line, f"{out.default} is no bool")
        elif out.kind == "string" and not out.default.startswith('"'):
            self.fail(line, "quotes expected")
        elif out.kind == "uuid":
            self.fail(line, "a uuid has no default")

    def resolve(self, message):
        """Links fields to structs and sorts structs so that what is used stands before what uses it."""
        order, state = [], {}

        def visit(struct):
            if state.get(struct.name) == "open":
                raise SchemaError(f"{self.path.name}: {struct.name} contains itself")
            if struct.name in state:
                return
            state[struct.name] = "open"
            tags = [f.tag for f in struct.fields if f.tag is not None]
            if sorted(tags) != list(range(len(tags))):
                raise SchemaError(f"{self.path.name}: tags of {struct.name} are not 0, 1, 2 ...")
            for one in struct.fields:
                if one.kind not in SCALARS | SIZED:
                    if one.kind not in self.structs:
                        self.fail(one.line, f"unknown type {one.kind}")
                    one.struct = self.structs[one.kind]
                    visit(one.struct)
            state[struct.name] = "done"
            order.append(struct)

        visit(message.root)
        order.pop()
        unused = set(self.structs) - {s.name for s in order}
        if unused:
            raise SchemaError(f"{self.path.name}: {sorted(unused)} is not used")
        message.structs = order


def load(folder):
    apis = [Parser(path).parse() for path in sorted(Path(folder).glob("*.txt")) if path.name != "errors.txt"]
    keys = [api.key for api in apis if api.key is not None]
    if len(keys) != len(set(keys)):
        raise SchemaError("an API key is there twice")
    return apis
