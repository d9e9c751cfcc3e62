"""Nothing in the tree knows the machine it was written on: no home directories, no hosts beyond the well-known ones."""
import re

# In pieces, so that this file passes its own check.
PATHS = re.compile("(?<![\\w.)}$-])/(?:" + "|".join(("work", "root", "home/[a-z]", "Users/[a-z]")) + r")(?:/|\b(?!\w))")
URL = re.compile(r"https?://([A-Za-z0-9.-]+)")
HOSTS = ("kafka.apache.org", "cwiki.apache.org", "issues.apache.org", "www.apache.org", "maven.apache.org", "github.com",
         "www.rfc-editor.org", "datatracker.ietf.org", "en.cppreference.com", "cmake.org", "localhost", "127.0.0.1")
EXAMPLES = (".example", ".test", ".invalid", "example.com", "example.org")


def problems(tree):
    found = []
    for path in tree.files:
        if path.endswith((".bin", ".png", ".gz", ".jar")):
            continue
        for number, line in enumerate(tree.text(path).split("\n"), 1):
            hit = PATHS.search(line)
            if hit:
                found.append(f"{path}:{number} holds the machine path {hit.group(0)}")
            for host in URL.findall(line):
                if host not in HOSTS and not host.endswith(EXAMPLES):
                    found.append(f"{path}:{number} names the host {host}")
    return found
