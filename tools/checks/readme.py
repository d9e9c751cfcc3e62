"""What the README says is so: its scripts, options, presets and subcommands exist, its C++ is the examples' own."""
import json
import os
import re
import shlex

PAGES = ("README.md", "CONTRIBUTING.md")
BLOCK = re.compile(r"^```(?:sh|bash|console)\n(.*?)^```", re.S | re.M)
CODE = re.compile(r"(?:<!-- from (\S+) -->\n)?```cpp\n(.*?)^```", re.S | re.M)
INLINE = re.compile(r"`((?:tools/|\.ci/|build/\w+/bin/|ottla )[^`]+)`")


def fix(tree):
    """Puts the examples as they are today into the pages that show them."""
    for page in PAGES:
        if page in tree.known:
            said = CODE.sub(lambda block: block.group(0) if block.group(1) not in tree.known else
                            f"<!-- from {block.group(1)} -->\n```cpp\n{without_role(tree, block.group(1))}\n```", tree.text(page))
            if said != tree.text(page):
                (tree.root / page).write_text(said)


def without_role(tree, source):
    return tree.text(source).split("\n", 1)[1].strip()


def problems(tree):
    found = []
    for page in PAGES:
        if page not in tree.known:
            continue
        for line, command in commands(tree.text(page)):
            found += [f"{page}:{line} {problem}" for problem in wrong(tree, command)]
        for block in CODE.finditer(tree.text(page)):
            line = tree.text(page).count("\n", 0, block.start(2)) + 1
            found += [f"{page}:{line} {problem}" for problem in wrong_code(tree, *block.groups())]
    return found


def commands(text):
    """(line, words) of each command in shell blocks and in backquotes."""
    for block in BLOCK.finditer(text):
        first = text.count("\n", 0, block.start(1)) + 1
        for offset, line in enumerate(block.group(1).split("\n")):
            for part in re.split(r"&&|\|\||[|;]", line.split(" #")[0].removeprefix("$ ")):
                if words := split(part):
                    yield first + offset, words
    for inline in INLINE.finditer(BLOCK.sub(lambda block: "\n" * block.group(0).count("\n"), text)):
        if words := split(inline.group(1)):
            yield text.count("\n", 0, text.find(inline.group(0))) + 1, words


def wrong_code(tree, source, shown):
    """C++ on a page is a compiled file without its first line, which says the file's role."""
    if source is None:
        return ["shows C++ that no file compiles; put <!-- from FILE --> before it"]
    if source not in tree.known:
        return [f"shows {source}, which is not there"]
    return [] if shown.strip() == without_role(tree, source) else [f"differs from {source}; tools/check --fix copies it"]


def split(text):
    try:
        words = shlex.split(text)
    except ValueError:
        words = text.split()
    while words and re.fullmatch(r"\w+=\S*", words[0]):
        words = words[1:]
    return words


def wrong(tree, words):
    program = words[0]
    if program.startswith(("tools/", ".ci/", "./tools/")):
        return wrong_script(tree, program.removeprefix("./"), words[1:])
    if program == "cmake" or program == "ctest":
        return wrong_preset(tree, words)
    if re.fullmatch(r"(?:\./)?build/\w+/bin/ottla|ottla", program):
        return wrong_subcommand(tree, words[1:])
    return []


def wrong_script(tree, path, rest):
    if path not in tree.known:
        return [] if any(known.startswith(path.rstrip("/") + "/") for known in tree.files) else [f"names {path}, which is not there"]
    if not os.access(tree.root / path, os.X_OK):
        return [] if "." in path.rsplit("/", 1)[-1] else [f"names {path}, which cannot be executed"]
    text = tree.text(path)
    return [f"gives {path} the option {word.split('=')[0]}, which it does not have"
            for word in rest if word.startswith("--") and word != "--" and word.split("=")[0] not in text]


def wrong_preset(tree, words):
    if "--preset" not in words[:-1]:
        return []
    preset = words[words.index("--preset") + 1]
    known = {entry["name"] for entry in json.loads(tree.text("CMakePresets.json"))["configurePresets"] if not entry.get("hidden")}
    return [] if preset in known else [f"names the preset {preset}; there are {', '.join(sorted(known))}"]


def wrong_subcommand(tree, rest):
    """Looked up in the sources, so that the check needs no build: the table of commands holds each name as a literal."""
    if not rest or not re.fullmatch(r"[a-z][a-z-]*", rest[0]):
        return []
    sources = [path for path in tree.code_files() if path.startswith("tools/ottla/")]
    if any(f'"{rest[0]}{end}' in tree.text(path) for path in sources for end in '" '):
        return []
    return [f"names ottla {rest[0]}, which is not in tools/ottla"]
