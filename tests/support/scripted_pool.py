"""A pool that answers pong to every path but /status, where it shows the page that the test chooses."""

from support import fastcgi
from support.responder import Responder

PONG = fastcgi.answer(b"pong")


class ScriptedPool(Responder):
    def __init__(self, page=b"", status=None, family="tcp"):
        super().__init__(self._reply, family)
        self.asked = []  # the parameters of each request for the page
        self.show(page, status)

    def show(self, page, status=None):
        self.wire = fastcgi.answer(page, status)

    def _reply(self, connection, _):
        request = fastcgi.read_request(connection)
        if not request:
            return
        params, _ = request
        if params["SCRIPT_NAME"] != "/status":
            connection.sendall(PONG)
            return
        with self.lock:  # before the answer, after which the test may look
            self.asked.append(params)
        connection.sendall(self.wire)
