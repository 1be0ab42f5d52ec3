"""Ports for servers that cannot be asked which one they took."""

import random
import socket

# Below those that the kernel gives to connections (32768 and up on Linux): one that is free now is not taken by a client
# of the next moment, nor while a test has its server down for a while.
_CHOICE = range(20_000, 32_000)
# Not the seeded generator: the processes of one run would all choose alike.
_dice = random.SystemRandom()


def free_port() -> int:
    """Return a loopback port that nobody listens on."""
    while True:
        port = _dice.choice(_CHOICE)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        return port
