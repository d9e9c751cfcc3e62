"""Writes the schemas as constant tables that tools read at run time."""
import schema
from cpp import HEADER, json_name
from schema import SCALARS, SIZED

OPEN = "namespace ottla {\ninline namespace v0 {\nnamespace protocol_text {\n"
CLOSE = "}  // namespace protocol_text\n}  // namespace v0\n}  // namespace ottla\n"
TYPES = {"bool": "boolean", "error": "error_code"}


class Pool:
    """Texts one behind the other, each once; the first is the empty one."""

    def __init__(self):
        self.at, self.size, self.texts = {}, 0, []
        self.add("")

    def add(self, text):
        if text not in self.at:
            if self.size > 65535:
                raise schema.SchemaError("the texts of the schemas do not fit into 64 KiB")
            self.at[text] = self.size
            self.size += len(text.encode()) + 1
            self.texts.append(text)
        return self.at[text]

    def lines(self):
        # A NUL ends each literal, so that no digit of the next one can become part of its escape.
        return ['    "' + text.replace("\\", "\\\\").replace('"', '\\"') + '\\0"' for text in self.texts]


def camel(name):
    words = name.split("_")
    return words[0] + "".join(schema.pascal(word) for word in words[1:])


def span(versions):
    return f"{{{versions[0]}, {versions[1]}}}" if versions[0] <= versions[1] else "{1, 0}"


def flag(value):
    return "true" if value else "false"


def field_row(field, pool, index_of):
    kind = TYPES.get(field.kind, field.kind) if field.kind in SCALARS | SIZED else "structure"
    texts = (json_name(field), field.default or "", camel(field.identity or ""), " ".join(field.doc))
    cells = [f"{{{pool.add(text)}}}" for text in texts]
    cells += [f"field_type::{kind}", flag(field.is_array), flag(field.never_compact), flag(field.ignorable), flag(field.secret)]
    cells += [str(-1 if field.tag is None else field.tag), str(index_of[id(field.struct)] if field.struct else -1)]
    return ", ".join(cells + [span(field.versions), span(field.nullable)])


def rows(messages, pool):
    """Fields, structs and messages as initialisers; a message's structs stand before the message itself."""
    fields, structs, heads = [], [], []
    index_of = {}
    for message in messages:
        for struct in message.structs + [message.root]:
            index_of[id(struct)] = len(structs)
            structs.append(f"    {{{{{pool.add(struct.name)}}}, {len(fields)}, {len(struct.fields)}, {span(struct.versions)}}},")
            fields += [f"    {{{field_row(field, pool, index_of)}}},  // {struct.name}.{field.name}" for field in struct.fields]
        heads.append(f"    {{{{{pool.add(' '.join(message.doc))}}}, {index_of[id(message.root)]}, {span(message.deprecated)}}},"
                     f"  // {message.name}")
    return fields, structs, heads


def schema_table(apis):
    """The order of messages is that of the registry."""
    pool = Pool()
    fields, structs, heads = rows(sorted((m for api in apis for m in api.messages), key=lambda m: m.name), pool)
    out = [HEADER.format("*.txt") + "// The schemas as constant tables: no pointers, so that nothing is relocated when a program starts.",
           '#include "schema_tables.hpp"', "", OPEN, "namespace {", "constexpr char texts[] ="]
    out += pool.lines()
    out[-1] += ";"
    for kind, name, lines in (("field_schema", "fields", fields), ("struct_schema", "structs", structs),
                              ("message_schema", "messages", heads)):
        out += ["", f"constexpr {kind} {name}[] = {{"] + lines + ["};"]
    out += ["}  // namespace", "", "const char* schema_texts() { return texts; }",
            "std::span<const field_schema> schema_fields() { return fields; }",
            "std::span<const struct_schema> schema_structs() { return structs; }",
            "std::span<const message_schema> schema_messages() { return messages; }", ""]
    return "\n".join(out) + CLOSE
