"""A real Mitate in processes of its own, with its own data folder, that a test may kill and start again."""

import contextlib
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

from tests.ports import free_port

ROOT = Path(__file__).resolve().parents[2]


class Site:
    """One running site."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = free_port()
        self.endpoint_port = free_port()
        self._process: subprocess.Popen[bytes] | None = None
        self.log = folder / "serve.log"
        # Sessions that are open already: person -> values of the cookie, each for one visit.
        self.sessions: dict[str, list[str]] = {}

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def environment(self) -> dict[str, str]:
        """Return the environment that commands on this site run in."""
        kept = {key: value for key, value in os.environ.items() if not key.startswith("MITATE_")}
        return kept | {
            "MITATE_DATA_DIR": str(self.folder / "data"),
            "MITATE_MODEL_HOSTS": f"127.0.0.1:{self.endpoint_port}",
            "DJANGO_SETTINGS_MODULE": "config.settings",
        }

    def start(self, wait_s: float = 180.0) -> None:
        """Start it with the demo data and wait until it answers."""
        arguments = ["manage.py", "serve", "--demo", "--port", str(self.port), "--endpoint-port", str(self.endpoint_port)]
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, *arguments], cwd=ROOT, env=self.environment(), stdout=log, stderr=subprocess.STDOUT, start_new_session=True
            )
        deadline = time.monotonic() + wait_s
        while time.monotonic() < deadline:
            if self._process.poll() is not None:
                raise RuntimeError(f"the site ended at once:\n{self.log.read_text('utf-8')[-3000:]}")
            with contextlib.suppress(OSError, urllib.error.URLError), urllib.request.urlopen(f"{self.url}/login/", timeout=2):
                return
            time.sleep(0.1)
        self.kill()
        raise RuntimeError(f"the site did not answer within {wait_s} s:\n{self.log.read_text('utf-8')[-3000:]}")

    def manage(self, *arguments: str) -> str:
        """Run a management command on this site's data and return what it printed."""
        done = subprocess.run([sys.executable, "manage.py", *arguments], cwd=ROOT, env=self.environment(), capture_output=True, check=True)
        return done.stdout.decode()

    def kill(self) -> None:
        """End the whole tree as a power cut would: no signal can be caught."""
        if self._process is not None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self._process.pid, signal.SIGKILL)
            self._process.wait()
            self._process = None

    def stop(self) -> int:
        """Ask it to end, as Ctrl-C does, and return its exit code."""
        if self._process is None:
            return 0
        self._process.send_signal(signal.SIGINT)
        try:
            return self._process.wait(20)
        finally:
            if self._process.poll() is None:
                self.kill()
            self._process = None
