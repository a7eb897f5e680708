"""What systemd is for a service of Type=notify: the socket that NOTIFY_SOCKET names, and what was told there."""

import os
import select
import socket
import tempfile

from support.waiting import wait_until


class ServiceManager:
    """`with ServiceManager(watchdog_seconds=2) as manager: Exporter(..., environment=manager.environment)`"""

    def __init__(self, watchdog_seconds=None):
        self.folder = tempfile.TemporaryDirectory()
        self.environment = {"NOTIFY_SOCKET": os.path.join(self.folder.name, "notify")}
        if watchdog_seconds:
            self.environment["WATCHDOG_USEC"] = str(int(watchdog_seconds * 1e6))
        self.told = []

    def __enter__(self):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(self.environment["NOTIFY_SOCKET"])
        self.socket.setblocking(False)
        return self

    def __exit__(self, *_):
        self.socket.close()
        self.folder.cleanup()

    def listen(self):
        """Everything that was told so far, a dictionary each."""
        while True:
            try:
                text = self.socket.recv(4096).decode()
            except BlockingIOError:
                return self.told
            self.told.append(dict(line.split("=", 1) for line in text.splitlines()))

    def is_told_nothing_for(self, seconds):
        self.listen()
        return select.select([self.socket], [], [], seconds)[0] == []

    def count(self, key):
        return sum(key in notice for notice in self.listen())

    def wait_for(self, key, count=1):
        """The `count`th notice with that key."""
        wait_until(lambda: self.count(key) >= count, f"{count} x {key}")
        return [notice for notice in self.told if key in notice][count - 1]
