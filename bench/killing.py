"""Saves while web processes and PostgreSQL back ends are killed: what was acknowledged is there once, in order, and nothing else.

Run inside ``scripts/with_postgres.sh``; prints one JSON object. ``python -m bench kills`` does so at full length.
"""

import argparse
import json
import os
import random
import signal
import tempfile
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import httpx
import psycopg

from bench.saving import READERS, begin, first_frame, mark
from tests.browser.site import Site
from tests.redis_server import redis_server

_WEB_PROCESSES: Final = 3
_PATIENCE_S: Final = 60.0
_KEPT_MARKS: Final = 12
"""So many marks of a reader are changed again and again; all others stay as they were drawn."""


class ClusterSite(Site):
    """A site with several web processes on the PostgreSQL of the environment."""

    def __init__(self, folder: Path, redis_url: str) -> None:
        super().__init__(folder)
        self.redis_url = redis_url

    def environment(self) -> dict[str, str]:
        """Return the environment that commands on this site run in."""
        return super().environment() | {
            "MITATE_DATABASE_URL": os.environ["MITATE_DATABASE_URL"],
            "MITATE_REDIS_URL": self.redis_url,
            "MITATE_WEB_WORKERS": str(_WEB_PROCESSES),
        }

    def web_processes(self) -> list[int]:
        """Return the web processes that live now."""
        assert self._process is not None
        return [pid for pid, parent, command in _processes() if parent == self._process.pid and "spawn_main" in command]


@dataclass(slots=True)
class Reader:
    """A browser: one operation at a time, repeated until it is acknowledged."""

    client: httpx.Client
    read_id: str
    frame: int | None
    read: dict[str, Any]
    acknowledged: dict[str, tuple[str, int, bool]] = field(default_factory=dict)
    """Operation -> mark, revision, whether it is deleted."""
    revisions: dict[str, int] = field(default_factory=dict)
    repeated: Counter[str] = field(default_factory=Counter)
    """Why operations were sent again."""

    def save(self, number: int) -> None:
        """Draw a mark, change one, or delete and draw it again; return when the server has said so."""
        operation = mark(self.read, number)
        operation["annotation"]["frame"] = self.frame
        if number % 3 == 2 and self.revisions:
            known = list(self.revisions)[-_KEPT_MARKS:][number % min(_KEPT_MARKS, len(self.revisions))]
            operation |= {"annotation_id": known, "base_revision": self.revisions[known]}
            if number % 5 == 0:
                operation |= {"verb": "delete", "annotation": None}
        annotation = self._acknowledgement(operation)
        self.acknowledged[operation["operation_id"]] = (annotation["id"], annotation["revision"], annotation["deleted"])
        self.revisions[annotation["id"]] = annotation["revision"]
        if annotation["deleted"]:
            del self.revisions[annotation["id"]]

    def _acknowledgement(self, operation: dict[str, Any]) -> dict[str, Any]:
        until_s = time.monotonic() + _PATIENCE_S
        while time.monotonic() < until_s:
            try:
                answer = self.client.post(f"/api/reads/{self.read_id}/operations/", json={"operations": [operation]})
            except httpx.TransportError as error:
                self.repeated[type(error).__name__] += 1
                time.sleep(0.05)
                continue
            if answer.status_code >= 500:
                self.repeated[str(answer.status_code)] += 1
                time.sleep(0.05)
                continue
            result = answer.raise_for_status().json()["results"][0]
            if result["status"] not in ("applied", "replayed"):
                raise AssertionError(result)
            self.repeated[result["status"]] += result["status"] == "replayed"
            mark_now: dict[str, Any] = result["annotation"]
            return mark_now
        raise AssertionError("not acknowledged within a minute")


def main() -> None:
    """Save and kill as the arguments say, compare, print."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--saves", type=int, default=20_000)
    parser.add_argument("--kills", type=int, default=300)
    parser.add_argument("--every", type=float, default=1.0, help="seconds between two kills")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "redis").mkdir()
        with redis_server(folder / "redis") as (redis_url, _server):
            site = ClusterSite(folder, redis_url)
            site.start(180.0)
            try:
                print(json.dumps(_run(site, arguments.saves, arguments.kills, arguments.every)))
            finally:
                site.stop()


def _run(site: ClusterSite, saves: int, kills: int, every_s: float) -> dict[str, Any]:
    readers = []
    for user in READERS:
        client, read = begin(site.url, user)
        readers.append(Reader(client, read["id"], first_frame(client, read), read))
    done = threading.Event()
    counts: Counter[str] = Counter()
    killer = threading.Thread(target=_kill, args=(site, kills, every_s, done, counts))
    began_s = time.monotonic()
    killer.start()
    per_reader = saves // len(readers)

    def draw(reader: Reader) -> int:
        # Whoever is through goes on until the last kill: all of them happen under load.
        number = 0
        while number < per_reader or not done.is_set():
            reader.save(number)
            number += 1
        return number

    try:
        with ThreadPoolExecutor(len(readers)) as pool:
            acknowledged = sum(pool.map(draw, readers))
    finally:
        done.set()
        killer.join()
    seconds = time.monotonic() - began_s
    repeated = sum((reader.repeated for reader in readers), Counter())
    wrong = _differences(readers)
    return {"acknowledged": acknowledged, "kills": dict(counts), "seconds": seconds, "repeated": dict(repeated), "wrong": wrong}


def _kill(site: ClusterSite, kills: int, every_s: float, done: threading.Event, counts: Counter[str]) -> None:
    """Kill web processes and back ends in turn, each chosen by chance."""
    dice = random.Random(1)
    while sum(counts.values()) < kills and not done.is_set():
        time.sleep(every_s * dice.uniform(0.5, 1.5))
        kind = "web process" if sum(counts.values()) % 2 else "back end"
        victims = site.web_processes() if kind == "web process" else _back_ends()
        if victims:
            os.kill(dice.choice(victims), signal.SIGKILL)
            counts[kind] += 1
    done.set()


def _differences(readers: list[Reader]) -> list[str]:
    """Return what the database holds otherwise than what was acknowledged."""
    wrong = []
    with psycopg.connect(os.environ["MITATE_DATABASE_URL"]) as connection:
        for reader in readers:
            rows = connection.execute(
                "SELECT operation_id::text, annotation_id::text, number, verb = 'delete', sequence FROM annotation_revision"
                " WHERE read_id = %s ORDER BY sequence",
                (reader.read_id,),
            ).fetchall()
            stored = {operation: (annotation, number, deleted) for operation, annotation, number, deleted, _ in rows}
            lost = reader.acknowledged.keys() - stored.keys()
            doubled = len(rows) - len(stored)
            unknown = stored.keys() - reader.acknowledged.keys()
            other = [key for key in reader.acknowledged.keys() & stored.keys() if reader.acknowledged[key] != stored[key]]
            if [row[4] for row in rows] != list(range(1, len(rows) + 1)):
                wrong.append(f"{reader.read_id}: the list revision has gaps")
            numbers: dict[str, list[int]] = {}
            for _, annotation, number, _, _ in rows:
                numbers.setdefault(annotation, []).append(number)
            if any(found != list(range(1, len(found) + 1)) for found in numbers.values()):
                wrong.append(f"{reader.read_id}: revisions of a mark have gaps")
            live = connection.execute(
                "SELECT id::text, revision FROM annotation_annotation WHERE read_id = %s AND NOT deleted", (reader.read_id,)
            )
            if dict(live.fetchall()) != reader.revisions:
                wrong.append(f"{reader.read_id}: the marks are not those that were acknowledged")
            if lost or doubled or unknown or other:
                wrong.append(f"{reader.read_id}: {len(lost)} lost, {doubled} doubled, {len(unknown)} unknown, {len(other)} otherwise")
    return wrong


def _back_ends() -> list[int]:
    """Return the back ends that serve the site now; none while the database recovers."""
    try:
        with psycopg.connect(os.environ["MITATE_DATABASE_URL"], connect_timeout=2) as connection:
            query = "SELECT pid FROM pg_stat_activity WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()"
            return [pid for (pid,) in connection.execute(query)]
    except psycopg.OperationalError:
        return []


def _processes() -> list[tuple[int, int, str]]:
    """Return (pid, parent, command) of all processes (proc(5))."""
    found = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            command = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            parent = int((entry / "stat").read_text().rsplit(")", 1)[1].split()[1])
        except (FileNotFoundError, ProcessLookupError):
            continue
        found.append((int(entry.name), parent, command))
    return found


if __name__ == "__main__":
    main()
