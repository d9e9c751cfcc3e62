"""Requests in few words: what a script leaves out of a request's JSON gets its default from the schema, in any version."""
import functools
import sys

from . import ottla

sys.path.insert(0, str(ottla.ROOT / "protocol"))
from codegen import schema  # noqa: E402

NOTHING = {"bool": False, "string": "", "bytes": "", "records": "", "uuid": "AAAAAAAAAAAAAAAAAAAAAA", "float64": 0.0}


@functools.cache
def requests():
    """{api: description of its request}, of the schemas that a client may send."""
    return {message.api: message for api in schema.load(ottla.ROOT / "protocol" / "schemas") for message in api.messages
            if message.kind == "request"}


def versions(api):
    """All that the schema has, oldest first."""
    message = requests()[api]
    return range(message.min_version, message.max_version + 1)


def fill(api, version, fields):
    return _struct(requests()[api].root, version, fields, api)


def _within(span, version):
    return span[0] <= version <= span[1]


def _json_name(field):
    return field.official[:1].lower() + field.official[1:]


def _struct(struct, version, given, where):
    strangers = set(given) - {_json_name(field) for field in struct.fields}
    if strangers:
        raise AssertionError(f"{where} has no {strangers}")
    out = {}
    for field in struct.fields:
        name = _json_name(field)
        if not _within(field.versions, version) or (field.tag is not None and name not in given):
            continue  # one script speaks all versions: what a version lacks is not said in it
        value = given[name] if name in given else _default(field)
        out[name] = _value(field, version, value, f"{where}.{name}")
    return out


def _value(field, version, value, where):
    if field.struct is None or value is None:
        return value
    if field.is_array:
        return [_struct(field.struct, version, each, where) for each in value]
    return _struct(field.struct, version, value, where)


def _default(field):
    if field.default == "null":
        return None
    if field.is_array:
        return []
    if field.struct is not None:
        return {}
    if field.default is None:
        return NOTHING.get(field.kind, 0)
    return field.default == "true" if field.kind == "bool" else field.default if field.kind == "string" else int(field.default)
