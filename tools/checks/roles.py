"""The first line of a file says its role in one sentence, and each room has a README."""
import re

# Folders that are rooms of their own; each has a README once it holds code.
ROOMS = ("protocol", "protocol/text", "net", "client", "client/service", "admin", "tools", "tools/ottla", "tools/devbroker", "tools/testkit", "tools/tap",
         "tests", "fuzz", "bench", "examples")
COMMENT = {".hpp": r"//+!?<? ", ".cpp": r"//+!?<? ", ".h": r"//+!?<? ", ".py": r'"""', ".cmake": "# "}


def problems(tree):
    found = []
    for path in tree.files:
        suffix = "." + path.rsplit(".", 1)[-1] if "." in path.rsplit("/", 1)[-1] else ""
        name = path.rsplit("/", 1)[-1]
        start = "# " if name == "CMakeLists.txt" else COMMENT.get(suffix)
        lines = tree.text(path).split("\n", 3)
        script = lines[0].startswith("#!")
        if script:
            start = r'(?:# |""")'
        if start is None:
            continue
        first = lines[1] if script and len(lines) > 1 else lines[0]
        if not re.match(start + r"\S.{10,}", first):
            found.append(f"{path}:1 does not say its role in its first line")
    for room in ROOMS:
        if f"{room}/README.md" not in tree.known and any(path.startswith(room + "/") for path in tree.code_files()):
            found.append(f"{room}/ has no README.md")
    return found
