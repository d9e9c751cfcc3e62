"""The core and the simulation must replay from a seed: what differs from run to run or by library is banned there."""
import re

FOLDERS = ("net/include/", "net/src/", "client/include/", "client/src/", "client/service/", "admin/include/", "admin/src/", "tools/testkit/", "tests/sim/")
# Where time, threads and chance come in from outside: hosts, by the start of their path, and single files with what they may use.
HOSTS = ("net/src/host/", "net/src/reactor_host.", "client/service/src/host/", "client/service/exporters/")
ENTRANCES = {
    "net/src/cluster.cpp": "std::random_device",  # the seed of a cluster that was given none
    "tests/sim/sim_main.cpp": "steady_clock::now",  # how long a campaign took, for its report
    "net/src/security/aws_environment.cpp": "getenv",  # for who gives it to sasl_config::provide
    "net/include/ottla/net/wall_source.hpp": "clock_gettime",  # the record path's clock; a simulation replaces it
}
BANNED = (
    (r"std::unordered_\w+", "iteration order differs by library: use a sorted container or a vector"),
    (r"std::hash\b", "its values differ by library: write the hash out"),
    (r"std::random_device\b", "draw from the rng that is passed in"),
    (r"std::\w+_distribution\b", "distributions differ by library: use the rng's own"),
    (r"std::shuffle\b", "shuffles differ by library: use the rng's own"),
    (r"(?<![\w:.>])s?rand\s*\(", "draw from the rng that is passed in"),
    (r"\b(?:system|steady|high_resolution)_clock::now\b", "now is a parameter"),
    (r"\b(?:clock_gettime|gettimeofday)\s*\(|std::time\s*\(", "now is a parameter"),
    (r"\bsleep_(?:for|until)\b|\b(?:u|nano)?sleep\s*\(", "the core never sleeps: return a deadline"),
    (r"\b(?:secure_)?getenv\b", "the environment is read by programs, not by a library"),
    (r"std::this_thread\b", "the core does not know its thread"),
)


def problems(tree):
    found = []
    for path in tree.code_files():
        if not path.startswith(FOLDERS) or path.startswith(HOSTS):
            continue
        for number, line in enumerate(tree.code(path).split("\n"), 1):
            for pattern, advice in BANNED:
                hit = re.search(pattern, line)
                if hit and hit.group(0).strip(" (") != ENTRANCES.get(path):
                    found.append(f"{path}:{number} uses {hit.group(0).strip(' (')}: {advice}")
    return found
