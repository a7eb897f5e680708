"""Workers of a real PHP-FPM that are asleep in a script, until the test wakes them."""

import os

from support import accept_queue
from support.fastcgi_client import Request
from support.waiting import wait_until

# Opening a FIFO to read waits for somebody who opens it to write.
SCRIPT = "<?php touch('%s/' . getmypid()); fopen('%s', 'r'); echo 'woken';"


class BusyWorkers:
    """`with BusyWorkers(fpm) as busy:`; at its end everybody is woken."""

    def __init__(self, fpm, script="asleep.php"):
        self.fpm = fpm
        self.gate = os.path.join(fpm.folder, "gate")
        self.beds = os.path.join(fpm.folder, "asleep")
        self.script = fpm.script(script, SCRIPT % (self.beds, self.gate))
        self.asleep = []
        self.waiting = []
        self.writer = None

    def __enter__(self):
        os.mkfifo(self.gate)
        os.mkdir(self.beds)
        return self

    def __exit__(self, *_):
        self.wake()
        for request in self.waiting:
            request.close()
        os.close(self.writer)

    def occupy(self, pool, workers=2, **params):
        """So many workers of the pool run the script from now on; `params` as a web server would send them."""
        before = len(os.listdir(self.beds))
        for _ in range(workers):
            asked = Request(self.fpm.addresses[pool], "/asleep", SCRIPT_FILENAME=self.script, **params)
            self.asleep.append(asked)
        wait_until(lambda: len(os.listdir(self.beds)) == before + workers, f"{workers} workers of {pool} to sleep")

    def queue(self, pool, clients):
        """So many clients more wait for a worker of the pool; their requests, unanswered."""
        address = self.fpm.addresses[pool]
        waiting = [Request(address, "/fpm-ping") for _ in range(clients)]
        wait_until(lambda: accept_queue.of(address).length >= clients, f"{clients} clients in the queue of {pool}")
        self.waiting += waiting
        return waiting

    def wake(self):
        if self.writer is None:
            self.writer = os.open(self.gate, os.O_RDWR)  # for reading, too, so that it never waits itself
        for request in self.asleep:  # PHP-FPM keeps a worker until its client has left
            request.close()
