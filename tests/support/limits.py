"""How much memory the exporter may take, whatever is done to it."""

import os

from support.exporter import BINARY


def is_sanitized():
    with open(BINARY, "rb") as binary:
        program = binary.read()
    return bool(os.environ.get("EXPORTER_SANITIZED")) or b"__asan_init" in program or b"__tsan_init" in program


SANITIZED = is_sanitized()
MEMORY_LIMIT = 1 << 30 if SANITIZED else 64 << 20  # sanitizers keep what was freed
