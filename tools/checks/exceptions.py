"""Errors are values: no throw, try or catch in the libraries, which must build with -fno-exceptions."""
import re

FOLDERS = ("protocol/include/", "protocol/src/", "protocol/generated/", "net/", "client/", "admin/")
# The application's exceptions end where its code is called, in a template that is compiled with it.
CATCHES = ("client/service/include/ottla/service/message_handler.hpp",)
WORDS = re.compile(r"(?<![\w:.>])(throw|try|catch)(?!\w)")


def problems(tree):
    found = []
    for path in tree.code_files():
        if not path.startswith(FOLDERS) or path in CATCHES:
            continue
        for number, line in enumerate(tree.code(path).split("\n"), 1):
            hit = WORDS.search(line)
            if hit:
                found.append(f"{path}:{number} uses {hit.group(1)}: return a result")
    return found
