"""The files of the tree under check, their code without comments and strings, and where an #include leads."""
import os
import pathlib
import re
import subprocess

CODE = (".hpp", ".cpp", ".h", ".ipp")
# Comments and literals; a quote after a digit is a digit separator. Raw strings come first: they may hold anything.
NOISE = re.compile(r'R"([^(\s]*)\(.*?\)\1"|"(?:\\.|[^"\\\n])*"|(?<![0-9a-fA-F])\'(?:\\.|[^\'\\\n])+\'|//[^\n]*|/\*.*?\*/', re.S)
INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*([<"])([^>"]+)[>"]', re.M)
# Folders whose headers other files reach by a search path: (folder, room, public).
SEARCH = (("protocol/include", "protocol", True), ("protocol/generated/include", "protocol", True),
          ("protocol/text/include", "protocol/text", True), ("net/include", "net", True), ("net/oidc/include", "net", True), ("net/gssapi/include", "net", True),
          ("client/include", "client", True),
          ("client/service/include", "client/service", True),
          ("client/service/exporters/include", "client/service", True), ("admin/include", "admin", True),
          ("tools/devbroker/include", "tools/devbroker", True),
          ("protocol/generated", "protocol", False), ("protocol/text/generated", "protocol/text", False),
          ("protocol/src", "protocol", False), ("protocol/text/src", "protocol/text", False), ("net/src", "net", False), ("net/oidc/src", "net", False), ("net/gssapi/src", "net", False),
          ("client/src", "client", False), ("client/service/src", "client/service", False),
          ("client/service/exporters/src", "client/service", False), ("admin/src", "admin", False),
          ("tools/devbroker/src", "tools/devbroker", False), ("tools/devbroker/server/src", "tools/devbroker", False),
          ("tools/testkit/include", "tools/testkit", True), ("tools/testkit/src", "tools/testkit", False),
          ("tools/tap/include", "tools/tap", True), ("tools/tap/src", "tools/tap", False),
          ("tools/ottla", "tools/ottla", False))
GENERATED = ("protocol/generated/", "protocol/text/generated/")
ROOMS = ("protocol/text", "client/service", "tools/devbroker", "tools/testkit", "tools/tap", "tools/ottla", "protocol", "net", "client", "admin",
         "tests", "bench", "fuzz", "examples")


class Tree:
    """Paths are relative to the root, with forward slashes, sorted."""

    def __init__(self, root):
        self.root = pathlib.Path(root).resolve()
        self.files = sorted(self.list_files())
        self.known = set(self.files)
        self.cache_ = {}

    def list_files(self):
        if (self.root / ".git").exists():
            said = subprocess.run(["git", "-C", str(self.root), "ls-files", "-co", "--exclude-standard", "-z"],
                                  check=True, capture_output=True, text=True).stdout
            return [name for name in said.split("\0") if name and (self.root / name).is_file()]
        found = []
        for folder, folders, names in os.walk(self.root):
            folders[:] = [name for name in folders if name not in ("build", "__pycache__")]
            found += [str((pathlib.Path(folder) / name).relative_to(self.root)) for name in names]
        return found

    def text(self, path):
        if path not in self.cache_:
            self.cache_[path] = (self.root / path).read_text(errors="replace")
        return self.cache_[path]

    def code_files(self):
        return [path for path in self.files if path.endswith(CODE)]

    def written_files(self):
        """Code that people write: the generated folder has one author, the generator."""
        return [path for path in self.code_files() if not path.startswith(GENERATED)]

    def public_headers(self):
        folders = tuple(folder + "/" for folder, _, public in SEARCH if public)
        return [path for path in self.code_files() if path.startswith(folders) and not path.endswith(".cpp")]

    def code(self, path):
        """The text with comments and literals blanked; line numbers stay."""
        return NOISE.sub(lambda found: " " + "\n" * found.group(0).count("\n"), self.text(path))

    def includes(self, path):
        """(line, kind, name) of each #include; kind is < or a quote."""
        text = self.text(path)
        return [(text.count("\n", 0, found.start()) + 1, found.group(1), found.group(2)) for found in INCLUDE.finditer(text)]

    def resolve(self, path, name):
        """The file of the tree that an #include of this name in this file means; None if it is somebody else's."""
        beside = os.path.normpath(os.path.join(os.path.dirname(path), name)).replace(os.sep, "/")
        if beside in self.known:
            return beside
        own = room_of(path)
        for folder, _, _ in sorted(SEARCH, key=lambda entry: entry[1] != own):
            if f"{folder}/{name}" in self.known:
                return f"{folder}/{name}"
        # Helpers that a folder above offers to those below it: tests/, bench/, tests/support/.
        at = os.path.dirname(path)
        while at:
            for candidate in (f"{at}/{name}", f"{at}/include/{name}", f"{at}/src/{name}", f"{at}/support/{name}"):
                if candidate in self.known:
                    return candidate
            at = os.path.dirname(at)
        if name in self.known:
            return name
        # Who may include everything has search paths of its own, in CMakeLists: any one file of that name will do.
        if own in ("tests", "bench", "fuzz", "tools/ottla"):
            named = [known for known in self.code_files() if known.endswith("/" + name)]
            return named[0] if len(named) == 1 else None
        return None


def room_of(path):
    for room in ROOMS:
        if path.startswith(room + "/"):
            return room
    return None


def is_public(path):
    return any(public and path.startswith(folder + "/") for folder, _, public in SEARCH)
