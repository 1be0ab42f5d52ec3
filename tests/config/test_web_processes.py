"""Web processes side by side: each gets connections of its own, one that dies is replaced, and the port stays taken."""

import os
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.ports import free_port
from tests.waiting import wait_for

ROOT = Path(__file__).parents[2]
_SCRIPT = """
import sys
from config.web_processes import run_web
run_web("tests.config.pid_app:app", host="127.0.0.1", port=int(sys.argv[1]), workers=int(sys.argv[2]), log_level="error", lifespan="off")
"""


@contextmanager
def _site(port: int, workers: int) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-c", _SCRIPT, str(port), str(workers)]
    with subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, text=True) as site:
        try:
            yield site
        finally:
            site.terminate()
            site.wait(timeout=20)


def _answering(port: int) -> int:
    """The process that answers on a new connection; 0 where none does."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=5) as answer:
            return int(answer.read())
    except OSError:
        return 0


def _all_answering(port: int) -> set[int]:
    return {_answering(port) for _ in range(20)} - {0}


@pytest.mark.parametrize("workers", [1, 2])
def test_every_process_gets_connections(workers: int) -> None:
    port = free_port()
    with _site(port, workers):
        wait_for("an answer", lambda: _answering(port))
        wait_for("all processes to answer", lambda: len(_all_answering(port)) == workers)
    assert _answering(port) == 0


def test_one_that_dies_is_replaced_and_the_others_answer_meanwhile() -> None:
    port = free_port()
    with _site(port, 2):
        lost, stays = wait_for("both to answer", lambda: len(found := _all_answering(port)) == 2 and sorted(found))
        os.kill(lost, signal.SIGKILL)
        wait_for("a new one", lambda: len(_all_answering(port) - {lost}) == 2)
        wait_for("the other one, which was there all the time", lambda: stays in _all_answering(port))


def test_a_taken_port_is_said() -> None:
    port = free_port()
    with socket.socket() as other:
        other.bind(("127.0.0.1", port))
        other.listen()
        with _site(port, 2) as site:
            assert site.wait(timeout=20) == 1
            assert site.stderr is not None
            assert f"Cannot listen on 127.0.0.1:{port}: Address already in use" in site.stderr.read()
