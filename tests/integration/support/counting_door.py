"""A door in front of a broker: passes bytes both ways as they are, and counts who knocks."""
import contextlib
import socket
import threading


class CountingDoor:
    """A context. `address` is where to knock, `knocks` how many connections came."""

    def __init__(self, behind, host="127.0.0.1"):
        """behind is host:port of the listener; host an address of this machine, perhaps one that no certificate names."""
        self._behind = behind.rpartition(":")[::2]
        self._listener = socket.create_server((host, 0))
        self.address = f"{host}:{self._listener.getsockname()[1]}"
        self.knocks = 0
        self._open = []
        self._threads = [threading.Thread(target=self._serve)]

    def __enter__(self):
        self._threads[0].start()
        return self

    def __exit__(self, *_):
        self._listener.shutdown(socket.SHUT_RDWR)  # wakes accept, which close alone does not
        self._threads[0].join()
        self._listener.close()
        for one in self._open:
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
        for one in self._threads[1:]:
            one.join()
        for one in self._open:
            one.close()

    def _serve(self):
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            self.knocks += 1
            broker = socket.create_connection(self._behind, timeout=10)
            broker.settimeout(None)
            self._open += [client, broker]
            for source, target in ((client, broker), (broker, client)):
                pump = threading.Thread(target=self._pump, args=(source, target))
                self._threads.append(pump)
                pump.start()

    @staticmethod
    def _pump(source, target):
        with contextlib.suppress(OSError):
            while data := source.recv(1 << 16):
                target.sendall(data)
        with contextlib.suppress(OSError):
            target.shutdown(socket.SHUT_WR)
