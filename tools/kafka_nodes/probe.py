"""Asks a broker ApiVersions and Metadata over a bare socket: ready means that it answers, not that it printed."""
import socket
import struct

API_VERSIONS = 18
METADATA = 3


def call(port, api_key, version, body, timeout):
    """One request with header v1, one response body after its correlation id."""
    client = b"ottla-probe"
    head = struct.pack(">hhih", api_key, version, 7, len(client)) + client
    message = head + body
    with socket.create_connection(("127.0.0.1", port), timeout=timeout) as link:
        link.sendall(struct.pack(">i", len(message)) + message)
        size = struct.unpack(">i", read_exactly(link, 4))[0]
        answer = read_exactly(link, size)
    if struct.unpack(">i", answer[:4])[0] != 7:
        raise OSError("another request's answer")
    return answer[4:]


def read_exactly(link, count):
    data = b""
    while len(data) < count:
        part = link.recv(count - len(data))
        if not part:
            raise OSError("closed by the broker")
        data += part
    return data


def broker_ports(port, timeout=2.0):
    """Ports of the brokers that the node at this port knows (Metadata v1 without topics); OSError if it does not answer."""
    error = struct.unpack(">h", call(port, API_VERSIONS, 0, b"", timeout)[:2])[0]
    if error != 0:
        raise OSError(f"ApiVersions answered error {error}")
    answer = call(port, METADATA, 1, struct.pack(">i", 0), timeout)
    count, at = struct.unpack(">i", answer[:4])[0], 4
    ports = []
    for _ in range(count):
        at += 4
        host_length = struct.unpack(">h", answer[at:at + 2])[0]
        at += 2 + host_length
        ports.append(struct.unpack(">i", answer[at:at + 4])[0])
        at += 4
        rack_length = struct.unpack(">h", answer[at:at + 2])[0]
        at += 2 + max(rack_length, 0)
    return ports


def answers(port, timeout=2.0):
    try:
        return broker_ports(port, timeout)
    except (OSError, struct.error):
        return None
