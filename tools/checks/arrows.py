"""Arrows point down only: who may include whose headers, and which foreign libraries a room may see."""
import re

from .tree import is_public, room_of

# room -> {room it may include: whether its private headers too}. Itself always; what is not here is not looked at.
MAY = {
    "protocol": {},
    "protocol/text": {"protocol": True},
    "net": {"protocol": False},
    "client": {"net": True, "protocol": False},
    "client/service": {"client": False, "admin": False, "net": False, "protocol": False},
    "admin": {"net": False, "protocol": False},
    "tools/devbroker": {"protocol": False},
    "tools/testkit": {"tools/devbroker": False, "net": False, "protocol": False},
    "tools/tap": {"protocol/text": False, "protocol": False},
    "examples": {"client/service": False, "client": False, "admin": False, "net": False, "protocol": False,
                 "tools/testkit": False, "tools/devbroker": False},
}
EVERYTHING = ("tools/ottla", "tests", "bench", "fuzz")
NEVER_INCLUDED = ("tests", "bench", "fuzz", "examples", "tools/ottla")
# Foreign headers a room must not see, by folder. The longest folder that fits decides.
THREADS_AND_CLOCKS = r"thread|mutex|shared_mutex|condition_variable|future|chrono|ctime|time\.h|pthread\.h"
SOCKETS = r"sys/socket\.h|netinet/.*|arpa/inet\.h|netdb\.h|poll\.h|sys/epoll\.h"
NETWORK_LIBRARIES = r"asio(\.hpp|/.*)|boost/.*|openssl/.*"
EXPORTER_LIBRARIES = r"httplib\.h|prometheus/.*"
TOOL_LIBRARIES = r"nlohmann/.*|CLI/.*|fmt/.*|spdlog/.*|gtest/.*|gmock/.*|benchmark/.*|" + EXPORTER_LIBRARIES
FOREIGN = {
    "protocol/": f"{THREADS_AND_CLOCKS}|{SOCKETS}|{NETWORK_LIBRARIES}|{TOOL_LIBRARIES}",
    "protocol/text/": f"{SOCKETS}|{NETWORK_LIBRARIES}|CLI/.*|gtest/.*",
    "net/": TOOL_LIBRARIES,
    "net/oidc/src/": f"(?!httplib|nlohmann/)(?:{TOOL_LIBRARIES})|{SOCKETS}",
    "net/gssapi/include/": f"{TOOL_LIBRARIES}|{NETWORK_LIBRARIES}|{SOCKETS}|gssapi/.*",
    "net/oidc/include/": f"{TOOL_LIBRARIES}|{NETWORK_LIBRARIES}|{SOCKETS}",
    "net/include/": f"{TOOL_LIBRARIES}|{NETWORK_LIBRARIES}|{SOCKETS}",
    "client/": f"{TOOL_LIBRARIES}|{NETWORK_LIBRARIES}|{SOCKETS}",
    "client/service/include/": f"{TOOL_LIBRARIES}|{NETWORK_LIBRARIES}|{SOCKETS}",
    "client/service/src/": f"(?!nlohmann/)(?:{TOOL_LIBRARIES})|{NETWORK_LIBRARIES}|{SOCKETS}",
    "client/service/exporters/src/": f"(?!{EXPORTER_LIBRARIES})(?:{TOOL_LIBRARIES})|{NETWORK_LIBRARIES}|{SOCKETS}",
    "client/service/exporters/include/": f"{TOOL_LIBRARIES}|{NETWORK_LIBRARIES}|{SOCKETS}",
    "admin/": f"{TOOL_LIBRARIES}|{NETWORK_LIBRARIES}|{SOCKETS}",
    "tools/testkit/": f"{TOOL_LIBRARIES}|{NETWORK_LIBRARIES}|{SOCKETS}",
    "tools/tap/include/": f"{TOOL_LIBRARIES}|{NETWORK_LIBRARIES}|{SOCKETS}|tins/.*|pcap/.*|pcap\\.h",
    "tools/tap/src/": f"{TOOL_LIBRARIES}|{NETWORK_LIBRARIES}|{SOCKETS}|tins/.*|pcap/.*|pcap\\.h",
}
# Completion tokens live in these adapters, and nowhere else.
ADAPTERS = ("/ottla/asio.hpp", "/ottla/boost_asio.hpp")


def problems(tree):
    found = []
    for path in tree.code_files():
        room = room_of(path)
        if room is None:
            continue
        for line, kind, name in tree.includes(path):
            target = tree.resolve(path, name)
            if target is None:
                found += foreign(path, line, kind, name)
            else:
                found += arrow(path, line, room, target)
    return found


def arrow(path, line, room, target):
    to = room_of(target)
    if to is None or to == room or room in EVERYTHING:
        return [f"{path}:{line} includes {target}: nothing includes {to}"] if to == "tests" and room != "tests" else []
    if to in NEVER_INCLUDED:
        return [f"{path}:{line} includes {target}: nothing includes {to}"]
    if to not in MAY[room]:
        allowed = ", ".join(MAY[room]) or "only itself"
        return [f"{path}:{line} includes {target}: {room} may know {allowed}, not {to}"]
    if not is_public(target) and not MAY[room][to]:
        return [f"{path}:{line} includes {target}: a private header of {to}"]
    return []


def foreign(path, line, kind, name):
    if kind == '"' or name.startswith("ottla/"):
        return [f"{path}:{line} includes {name}, which is no file of the tree"]
    if path.endswith(ADAPTERS):
        return []
    for folder in sorted(FOREIGN, key=len, reverse=True):
        if path.startswith(folder):
            if re.fullmatch(FOREIGN[folder], name):
                return [f"{path}:{line} includes <{name}>: not in {folder}"]
            return []
    return []
