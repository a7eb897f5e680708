"""TCP ports that nobody else on this machine is given.

Other tests run at the same time and let the kernel choose their ports: one that was chosen and let go may be theirs
before it is used, or while a test has it closed on purpose.
"""

import socket

_holders = []


def reserved_port(host="127.0.0.1"):
    """A port that is ours until this process ends, listening or not: a socket bound to it, which never listens, lets no
    one in but who asks for that very port with SO_REUSEADDR, and a connect is refused."""
    holder = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    holder.bind((host, 0))
    _holders.append(holder)
    return holder.getsockname()[1]
