"""Writes the generated files: public structs, walks, and the translation units that instantiate reader and writer."""
import re

import schema
import tables
from cpp import (CLOSE, HEADER, OPEN, full_type, initializer, inside, is_default, is_nullable, json_name, member, min_size,
                 version_test)
from schema import empty

UNITS = 8


def doc_lines(doc, indent):
    return [f"{indent}/// {line}" for line in doc]


def used_flexibly(struct, message):
    return not empty(message.flexible) and struct.versions[1] >= message.flexible[0]


def struct_members(struct, message, indent, is_root):
    out = []
    for field in struct.fields:
        out += doc_lines(field.doc, indent)
        out.append(f"{indent}{full_type(field)} {member(field, is_root)}{initializer(field)};")
    if used_flexibly(struct, message):
        out.append(f"{indent}tagged_fields unknown_tagged_fields{{}};")
    return out


def first_flexible(message):
    return 32767 if empty(message.flexible) else message.flexible[0]


def header_version(message):
    never = empty(message.flexible)
    if message.kind == "request":
        return "1" if never else f"version >= {message.flexible[0]} ? 2 : 1"
    if message.name == "ApiVersionsResponse" or never:
        return "0"  # a client that guessed the version wrong must be able to read the answer (KIP-511)
    return f"version >= {message.flexible[0]} ? 1 : 0"


def message_struct(message, response):
    out = doc_lines(message.doc, "")
    out.append(f"struct {message.name} {{")
    for struct in message.structs:
        out.append(f"  struct {struct.name} {{")
        out += struct_members(struct, message, "    ", False)
        out += ["  };", ""]
    out += struct_members(message.root, message, "  ", True)
    out.append("")
    if message.key is not None:
        out.append(f"  static constexpr protocol::api_key api_key{{{message.key}}};")
    out.append(f'  static constexpr std::string_view name{{"{message.name}"}};')
    for label, value in (("min_version", message.min_version), ("max_version", message.max_version),
                         ("max_unstable_version", message.max_unstable), ("first_flexible_version", first_flexible(message))):
        out.append(f"  static constexpr std::int16_t {label} = {value};")
    if response:
        out.append(f"  using response_type = {response};")
    if message.kind in ("request", "response"):
        text = header_version(message)
        parameter = "version" if "version" in text else "/*version*/"
        out.append(f"  static constexpr std::int16_t header_version(std::int16_t {parameter}) {{ return {text}; }}")
    out += ["};", "", f"void read(reader& in, {message.name}& out, std::int16_t version);",
            f"void write(writer& out, const {message.name}& in, std::int16_t version);"]
    return out


def public_header(api):
    names = " and ".join(m.name for m in api.messages)
    out = [HEADER.format(api.file + ".txt") + f"// {names}: what a caller fills or reads. Views borrow from the frame and the arena.",
           "#pragma once", "", "#include <cstdint>", "#include <optional>", "#include <string_view>", "",
           '#include "ottla/protocol/api_key.hpp"', '#include "ottla/protocol/error_code.hpp"', '#include "ottla/protocol/types.hpp"',
           "", OPEN]
    for message in reversed(api.messages):  # the response first: the request names it
        response = api.messages[1].name if message.kind == "request" else None
        out += message_struct(message, response) + [""]
    return "\n".join(out) + CLOSE


def call(field, name, nullable, is_root):
    """One field as a call on the archive."""
    value = f"m.{member(field, is_root)}"
    quoted = f'"{json_name(field)}"'
    if field.tag is not None:
        verb = "nullable_tag" if nullable else "tag"
        return f"a.{verb}({field.tag}, {quoted}, {value}, {is_default(field, value)});"
    if field.kind == "records":
        verb = "nullable_records" if nullable else "records"
        return f"a.{verb}({quoted}, {value});"
    if field.secret:
        return f"a.secret({quoted}, {value});"
    if field.never_compact:
        return f"a.never_compact({quoted}, {value});"
    if nullable:
        allowed = version_test(field.nullable, field.versions) or "true"
        return f"a.nullable({quoted}, {value}, {allowed});"
    return f"a.field({quoted}, {value});"


def walk_fields(struct, is_root):
    out = []
    for field in struct.fields:
        if field.tag is not None:
            continue
        text = call(field, field.name, is_nullable(field), is_root)
        test = version_test(field.versions, struct.versions)
        value = f"m.{member(field, is_root)}"
        absent = f'a.absent("{json_name(field)}", {is_default(field, value)});'
        if not test:
            out.append(f"    {text}")
        elif field.ignorable:
            out.append(f"    if ({test}) {text}")
        else:
            out += [f"    if ({test}) {text}", f"    else {absent}"]
    for field in struct.fields:
        test = version_test(field.versions, struct.versions) if field.tag is not None else None
        if test and not field.ignorable:
            value = f"m.{member(field, is_root)}"
            out.append(f'    if (!({test})) a.absent("{json_name(field)}", {is_default(field, value)});')
    return out


def tagged_section(struct, message):
    if not used_flexibly(struct, message):
        return []
    tagged = any(field.tag is not None for field in struct.fields)
    known = "a.template tagged<walker>(m);" if tagged else "a.untagged(m.unknown_tagged_fields);"
    test = version_test(message.flexible, struct.versions)
    if not test:
        return [f"    {known}"]
    return [f"    if ({test}) {known}", "    else a.absent(\"tagged fields\", m.unknown_tagged_fields.empty());"]


def size_function(struct, message):
    """Version -> smallest size, as a chain of ranges from the highest version down."""
    low, high = struct.versions
    low, high = max(low, message.min_version), min(high, message.max_unstable)
    steps, last = [], None
    for version in range(low, high + 1):
        size = min_size(struct, version, message.flexible)
        if size == 0:
            raise schema.SchemaError(f"{message.name}.{struct.name} takes no bytes in version {version}")
        if size != last:
            steps.append((version, size))
            last = size
    text = "".join(f"version >= {version} ? {size} : " for version, size in reversed(steps[1:])) + str(steps[0][1])
    parameter = "version" if "version" in text else "/*version*/"
    return f"  static constexpr std::size_t min_size(std::int16_t {parameter}) {{ return {text}; }}"


def needs_default(message):
    """Structs whose being at the default decides something: tagged ones and those absent in some version, and what they hold."""
    needed = set()

    def add(struct):
        if struct.name not in needed:
            needed.add(struct.name)
            for field in struct.fields:
                if field.struct and not field.is_array:
                    add(field.struct)

    for struct in message.structs + [message.root]:
        for field in struct.fields:
            partial = field.versions != struct.versions and not field.ignorable
            if field.struct and not field.is_array and (field.tag is not None or partial):
                add(field.struct)
    return needed


def default_function(struct, message, qualified):
    tests = [is_default(field, f"m.{member(field, False)}") for field in struct.fields]
    if used_flexibly(struct, message):
        tests.append("m.unknown_tagged_fields.empty()")
    return f"inline bool is_default(const {qualified}& m) {{ return {' && '.join(tests)}; }}"


def walker(struct, message, is_root):
    qualified = message.name if is_root else f"{message.name}::{struct.name}"
    body = walk_fields(struct, is_root)
    tagged = tagged_section(struct, message)
    tags = []
    for field in struct.fields:
        if field.tag is None:
            continue
        flexible_span = schema.clip(message.flexible, struct.versions)
        test = version_test(field.versions, flexible_span)
        text = call(field, field.name, is_nullable(field), is_root)
        tags.append(f"    if ({test}) {text}" if test else f"    {text}")
    out = ["template <>", f"struct walker<{qualified}> {{"]
    if is_root:
        out.append(f"  static constexpr std::int16_t first_flexible = {first_flexible(message)};")
    else:
        out.append(size_function(struct, message))
    out.append("  template <class A, class M>")
    out.append("  static void walk(A& a, M& m) {")
    lines = body + tagged
    if any(re.search(r"\(!?\(?version [<>=]|&& version [<>=]|, version [<>=]", line) for line in lines):
        out.append("    const std::int16_t version = a.version();")
    out += lines + ["  }"]
    if tags:
        out += ["  template <class A, class M>", "  static void tags(A& a, M& m) {"]
        if any("if (version " in line for line in tags):
            out.append("    const std::int16_t version = a.version();")
        out += tags + ["  }"]
    out += ["};", ""]
    return out


def walk_header(api):
    out = [HEADER.format(api.file + ".txt") + "// One versioned description per struct: reader, writer, JSON and random fill all walk it.",
           "#pragma once", "", f'#include "ottla/protocol/{api.file}.hpp"', '#include "walker.hpp"', "", OPEN]
    for message in api.messages:
        needed = needs_default(message)
        for struct in message.structs:
            if struct.name in needed:
                out += [default_function(struct, message, f"{message.name}::{struct.name}"), ""]
            out += walker(struct, message, False)
        out += walker(message.root, message, True)
    return "\n".join(out) + CLOSE


def weight(api):
    return sum(len(s.fields) + 2 for m in api.messages for s in m.structs + [m.root])


def balanced(apis, units):
    """Largest first into the lightest unit; each unit sorted by name."""
    bins = [[] for _ in range(units)]
    for api in sorted(apis, key=lambda a: (-weight(a), a.file)):
        min(bins, key=lambda b: (sum(map(weight, b)), bins.index(b))).append(api)
    return [sorted(unit, key=lambda a: a.file) for unit in bins]


def codec_unit(apis):
    out = [HEADER.format("*.txt") + "// Instantiates reader and writer for a share of the messages: few units, balanced by size."]
    out += ['#include "read_archive.hpp"', '#include "write_archive.hpp"', ""]
    out += [f'#include "walk/{api.file}.hpp"' for api in apis] + ["", OPEN]
    for api in apis:
        for message in api.messages:
            out += [f"void read(reader& in, {message.name}& out, std::int16_t version) {{ read_message(in, out, version); }}",
                    f"void write(writer& out, const {message.name}& in, std::int16_t version) {{ write_message(out, in, version); }}"]
    return "\n".join(out) + "\n" + CLOSE


def api_key_files(apis):
    known = sorted((a for a in apis if a.kind == "api"), key=lambda a: a.key)
    out = [HEADER.format("*.txt") + "// The API keys, removed ones too (they are still met in old captures).", "#pragma once", "",
           "#include <cstdint>", "#include <string_view>", "", OPEN, "enum class api_key : std::int16_t {"]
    out += [f"  {api.file} = {api.key}," for api in known]
    out += ["};", "", '/// "Fetch"; empty for a key that is not known.', "std::string_view name(api_key key);",
            f"inline constexpr std::int16_t max_api_key = {known[-1].key};", ""]
    header = "\n".join(out) + CLOSE
    out = [HEADER.format("*.txt") + "// Names of the API keys.", '#include "ottla/protocol/api_key.hpp"', "", OPEN,
           "std::string_view name(api_key key) {", "  switch (key) {"]
    out += [f'    case api_key::{api.file}: return "{api.name}";' for api in known]
    out += ["  }", "  return {};", "}", ""]
    return header, "\n".join(out) + CLOSE


def error_files(path):
    rows = []
    for number, line in enumerate(path.read_text().splitlines(), 1):
        line = line.split("#")[0].strip()
        if not line:
            continue
        parts = line.split(None, 3)
        if len(parts) != 4 or parts[2] not in ("retriable", "final") or int(parts[0]) in (row[0] for row in rows):
            raise schema.SchemaError(f"errors.txt:{number}: code NAME retriable|final text expected")
        rows.append((int(parts[0]), parts[1], parts[2] == "retriable", parts[3]))
    out = [HEADER.format("errors.txt") + "// What brokers answer when they do not do as they were asked.", "#pragma once", "", "#include <cstdint>",
           "#include <string_view>", "", OPEN, "/// Codes not listed here are kept as they are: a newer broker may know more.",
           "enum class error_code : std::int16_t {"]
    for code, label, retriable, text in rows:
        out.append(f"  {label.lower()} = {code},  ///< {text}")
    out += ["};", "", '/// "UNKNOWN_TOPIC_OR_PARTITION"; empty for a code that is not known.', "std::string_view name(error_code code);",
            "/// Whether the same request may succeed later, as the Java client sees it. Unknown codes are not retriable.",
            "bool retriable(error_code code);", "/// One short sentence for people; static storage.",
            "std::string_view describe(error_code code);", ""]
    header = "\n".join(out) + CLOSE
    out = [HEADER.format("errors.txt") + "// Names, texts and retriability of the error codes.", '#include "ottla/protocol/error_code.hpp"', "",
           OPEN, "std::string_view name(error_code code) {", "  switch (code) {"]
    out += [f'    case error_code::{label.lower()}: return "{label}";' for _, label, _, _ in rows]
    out += ["  }", "  return {};", "}", "", "bool retriable(error_code code) {", "  switch (code) {"]
    out += [f"    case error_code::{label.lower()}:" for _, label, retriable, _ in rows if retriable]
    out += ["      return true;", "    default:", "      return false;", "  }", "}", "",
            "std::string_view describe(error_code code) {", "  switch (code) {"]
    out += [f'    case error_code::{label.lower()}: return "{text}";' for _, label, _, text in rows]
    out += ["  }", '  return "an error code that this version of Ottla does not know";', "}", ""]
    return header, "\n".join(out) + CLOSE


TEXT_OPEN = "namespace ottla {\ninline namespace v0 {\nnamespace protocol_text {\n"
TEXT_CLOSE = "}  // namespace protocol_text\n}  // namespace v0\n}  // namespace ottla\n"


def text_unit(apis):
    out = [HEADER.format("*.txt") + "// Instantiates JSON, round trip and random fill for a share of the messages.", '#include "operations.hpp"', ""]
    out += [f'#include "walk/{api.file}.hpp"' for api in apis] + ["", TEXT_OPEN]
    out += [f"template const message_operations& operations_of<protocol::{m.name}>();" for api in apis for m in api.messages]
    return "\n".join(out) + "\n" + TEXT_CLOSE


def text_table(apis):
    messages = sorted((m for api in apis for m in api.messages), key=lambda m: m.name)
    out = [HEADER.format("*.txt") + "// The registry: every message with its kind, versions and operations."]
    out += [f'#include "ottla/protocol/{api.file}.hpp"' for api in apis]
    out += ['#include "ottla/protocol_text/messages.hpp"', "", TEXT_OPEN, "template <class M>", "const message_operations& operations_of();", "",
            "namespace {", "template <class M>", "constexpr message_type entry(std::string_view api, message_kind kind, std::int16_t first_ahead = INT16_MAX) {",
            "  message_type out{api, M::name, kind, {}, M::min_version, M::max_version, M::max_unstable_version, first_ahead,",
            "                   M::first_flexible_version, nullptr, &operations_of<M>};",
            "  if constexpr (requires { M::api_key; }) {", "    out.key = M::api_key;", "    out.header_version = &M::header_version;", "  }",
            "  return out;", "}", "", "constexpr message_type messages[] = {"]
    for m in messages:
        ahead = "" if m.ahead is None else f", {m.ahead}"
        out.append(f'    entry<protocol::{m.name}>("{m.api}", message_kind::{m.kind}{ahead}),')
    out += ["};", "}  // namespace", "", "std::span<const message_type> all_messages() { return messages; }", ""]
    return "\n".join(out) + TEXT_CLOSE


def everything(apis, errors):
    """Path below protocol -> text."""
    files = {}
    alive = [api for api in apis if api.messages]
    for api in alive:
        files[f"generated/include/ottla/protocol/{api.file}.hpp"] = public_header(api)
        files[f"generated/walk/{api.file}.hpp"] = walk_header(api)
    for number, unit in enumerate(balanced(alive, UNITS), 1):
        files[f"generated/codec_{number}.cpp"] = codec_unit(unit)
        files[f"text/generated/text_{number}.cpp"] = text_unit(unit)
    files["text/generated/messages_table.cpp"] = text_table(alive)
    files["text/generated/schema_table.cpp"] = tables.schema_table(alive)
    files["generated/include/ottla/protocol/api_key.hpp"], files["generated/api_key.cpp"] = api_key_files(apis)
    files["generated/include/ottla/protocol/error_code.hpp"], files["generated/error_code.cpp"] = error_files(errors)
    return files
