"""Two sets of schemas, ours and a jar's: what differs, as sentences with message, versions and field."""
import difflib

from schema import FOREVER, empty

NOTHING = object()  # a field that one side does not have


def spelled(span):
    if empty(span):
        return "none"
    low, high = span
    return f"{low}+" if high == FOREVER else str(low) if low == high else f"{low}-{high}"


def ranges(versions):
    """[0, 1, 2, 5] as '0-2, 5'."""
    out = []
    for version in sorted(versions):
        if out and out[-1][1] == version - 1:
            out[-1][1] = version
        else:
            out.append([version, version])
    return ", ".join(spelled(tuple(span)) for span in out)


def extent(apis):
    messages = [m for api in apis for m in api.messages]
    return f"{len(messages)} messages, {sum(m.max_unstable - m.min_version + 1 for m in messages)} versions"


def head(message):
    """What the definition says of the whole message."""
    return {"key": message.key, "kind": message.kind, "flexible versions": spelled(message.flexible),
            "latest version unstable": message.unstable is not None, "deprecated versions": spelled(message.deprecated)}


def facts(field, version):
    """What one version of a field is, but for its place and its name."""
    shown = f"[{field.kind}]" if field.is_array else field.kind
    return {"type": shown, "nullable": field.nullable[0] <= version <= field.nullable[1], "tag": field.tag,
            "default": field.default, "ignorable": field.ignorable, "entity type": field.identity, "never compact": field.never_compact}


class Findings:
    """Collects versions per finding, so that each is told once."""

    def __init__(self):
        self.found = {}

    def add(self, message, version, text):
        self.found.setdefault((message, text), []).append(version)

    def sentences(self):
        return [f"{message} {ranges(versions)}: {text}" for (message, text), versions in self.found.items()]


def pairs(ours, theirs):
    """Fields of both sides in order; one that only changed its name is paired with what it was called."""
    matcher = difflib.SequenceMatcher(None, [f.official for f in ours], [f.official for f in theirs], autojunk=False)
    for verb, a, b, c, d in matcher.get_opcodes():
        if verb == "equal" or (verb == "replace" and b - a == d - c and
                               all((x.kind, x.is_array) == (y.kind, y.is_array) for x, y in zip(ours[a:b], theirs[c:d]))):
            yield from zip(ours[a:b], theirs[c:d])
            continue
        yield from ((x, NOTHING) for x in ours[a:b])
        yield from ((NOTHING, y) for y in theirs[c:d])


def fields(findings, message, version, ours, theirs, path=""):
    def there(struct):
        return [f for f in struct.fields if f.versions[0] <= version <= f.versions[1]]

    for mine, other in pairs(there(ours), there(theirs)):
        if mine is NOTHING or other is NOTHING:
            whose, field = ("ours", mine) if other is NOTHING else ("the jar", other)
            findings.add(message, version, f"{path}{field.official}: only {whose} has it here, as {facts(field, version)['type']}")
            continue
        name = f"{path}{mine.official}"
        if mine.official != other.official:
            findings.add(message, version, f"{name}: the jar calls it {other.official}")
        told = facts(other, version)
        for what, value in facts(mine, version).items():
            if value != told[what]:
                findings.add(message, version, f"{name}: {what} is {value} in ours, {told[what]} in the jar")
        if mine.struct and other.struct:
            fields(findings, message, version, mine.struct, other.struct, name + ".")


def news(message, version):
    """What a version has that the one before it had not, and what it lost."""
    def paths(struct, at, path=""):
        for field in struct.fields:
            if field.versions[0] <= at <= field.versions[1]:
                told = facts(field, at)
                yield f"{path}{field.official} {told['type']}{'?' if told['nullable'] else ''}"
                if field.struct:
                    yield from paths(field.struct, at, f"{path}{field.official}.")

    now = list(paths(message.root, version))
    before = list(paths(message.root, version - 1)) if version > message.min_version else []
    words = [f"+{path}" for path in now if path not in before] + [f"-{path}" for path in before if path not in now]
    return ", ".join(words) or "no new fields"


def messages(ours, theirs, findings, out, ahead):
    mine, told = head(ours), head(theirs)
    for what, value in mine.items():
        # What we hold ahead of a release says nothing about that release.
        if value != told[what] and not (what == "latest version unstable" and ours.ahead is not None):
            out.append(f"{ours.name}: {what} {value} in ours, {told[what]} in the jar")
    held = range(ours.min_version, ours.max_unstable + 1)
    known = range(theirs.min_version, theirs.max_unstable + 1)
    for side, versions in (("the jar", [v for v in known if v not in held]),
                           ("ours", [v for v in held if v not in known and (ours.ahead is None or v < ours.ahead)])):
        if versions:
            whose = theirs if side == "the jar" else ours
            out += [f"{ours.name}: only {side} has version {version}: {news(whose, version)}" for version in versions]
    early = [v for v in held if ours.ahead is not None and v >= ours.ahead and v in known]
    if early:
        ahead.append(f"(ahead) {ours.name} {ranges(early)}: decoded, never negotiated")
    for version in (v for v in held if v in known):
        fields(findings, ours.name, version, ours.root, theirs.root)


def apis(ours, theirs):
    """The differences, and a line for each message of which we hold versions that we do not speak yet."""
    out, ahead, findings = [], [], Findings()
    told = {api.name: api for api in theirs}
    mine = {api.name: api for api in ours}
    for name in sorted(told.keys() - mine.keys()):
        out.append(f"{name}: only the jar has it" + (f", with key {told[name].key}" if told[name].key is not None else ""))
        out += [f"{m.name}: only the jar has version {v}: {news(m, v)}" for m in told[name].messages
                for v in range(m.min_version, m.max_unstable + 1)]
    for name in sorted(mine.keys()):
        all_ahead = mine[name].messages and all(m.ahead == m.min_version for m in mine[name].messages)
        if name not in told:
            if not all_ahead:
                out.append(f"{name}: only ours has it")
            continue
        if (mine[name].key, mine[name].kind) != (told[name].key, told[name].kind):
            out.append(f"{name}: key {mine[name].key}, {mine[name].kind} in ours; key {told[name].key}, {told[name].kind} in the jar")
        if len(mine[name].messages) != len(told[name].messages):
            out.append(f"{name}: {'ours' if mine[name].messages else 'the jar'} alone still has versions of it")
        for a, b in zip(mine[name].messages, told[name].messages):
            messages(a, b, findings, out, ahead)
    return out + findings.sentences(), ahead
