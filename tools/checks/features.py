"""Each row of docs/service/features.md names headers and tests that exist, and none is empty."""
import re

PAGE = "docs/service/features.md"
CASE = re.compile(r"\bTEST(?:_F|_P)?\(\s*(\w+),\s*(\w+)\s*\)")


def problems(tree):
    if PAGE not in tree.known:
        return []
    cases = {f"{suite}.{name}" for path in tree.code_files() if path.startswith("tests/") for suite, name in CASE.findall(tree.text(path))}
    found, rows = [], 0
    for number, line in enumerate(tree.text(PAGE).split("\n"), 1):
        cells = [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]]
        if len(cells) != 3 or set(line) <= set("|-: ") or cells[0] == "feature":
            continue
        rows += 1
        found += [f"{PAGE}:{number} {what}" for what in wrong(tree, cases, cells[1], cells[2])]
    return found or ([] if rows else [f"{PAGE}:1 has no row"])


def wrong(tree, cases, api, tests):
    if not api or not tests:
        return ["has an empty cell"]
    said = [f"names {path}, which is not there" for path in re.findall(r"`((?:ottla|examples|docs|tools)/[\w./-]+)`", api)
            if not any(known == path or known.endswith("/include/" + path) or known.startswith(path.rstrip("/") + "/") for known in tree.files)]
    named = re.findall(r"`([^`]+)`", tests)
    if not named:
        said.append("names no test")
    for test in named:
        path, _, function = test.partition(":")
        if "/" in path:
            if path not in tree.known:
                said.append(f"names {path}, which is not there")
            elif function and not re.search(rf"\b(?:def|class) {re.escape(function)}\b|\b{re.escape(function)}\b", tree.text(path)):
                said.append(f"names {function}, which is not in {path}")
        elif test not in cases:
            said.append(f"names {test}, which is no test")
    return said
