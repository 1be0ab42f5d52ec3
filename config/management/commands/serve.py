"""``manage.py serve``: everything a site needs, in one process tree."""

import errno
import signal
import socket
import sys
from argparse import ArgumentParser
from types import FrameType
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from config.children import Children
from config.env import ROOT
from config.static_files import collect_if_changed
from config.web_processes import run_web


def _leave(number: int, frame: FrameType | None) -> None:
    """Turn SIGTERM into an ordinary exit, so that the children are stopped on the way out."""
    raise SystemExit(0)


class Command(BaseCommand):
    help = "Check, migrate, start the worker and serve pages, pixels and live sockets until Ctrl-C."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Declare address, port and what is started beside the web process."""
        parser.add_argument("--host", default="127.0.0.1", help="address to listen on; default: %(default)s")
        parser.add_argument("--port", type=int, default=8000, help="port to listen on; default: %(default)s")
        parser.add_argument("--demo", action="store_true", help="create the demo societies, users and images first if they are missing")
        parser.add_argument("--endpoint-port", type=int, default=0, help="also start the reference model endpoint on this loopback port")

    def handle(self, *args: Any, **options: Any) -> None:
        """Prepare the site, then serve until told to stop."""
        self._refuse_taken_port(options["host"], options["port"])
        settings.DATA_DIR.mkdir(parents=True, exist_ok=True)
        self._migrate()
        collect_if_changed()
        children = Children()
        signal.signal(signal.SIGTERM, _leave)
        try:
            self._start_children(children, options)
            if options["demo"]:
                call_command("demo", stdout=self.stdout)
            children.watch()
            self.stdout.write(self.style.SUCCESS(f"\nMitate: http://{options['host']}:{options['port']}/   (Ctrl-C stops it)\n"))
            self._serve(options["host"], options["port"])
        except KeyboardInterrupt:
            pass
        finally:
            children.stop()

    def _start_children(self, children: Children, options: dict[str, Any]) -> None:
        children.start("worker", ["manage.py", "work", "--only", "others"], folder=ROOT)
        # An export of a million cells takes minutes; nobody's suggestions or imports wait for it.
        children.start("exporter", ["manage.py", "work", "--only", "exports"], folder=ROOT)
        if settings.LEVELS_BYTES:
            limits = ["--limit-bytes", settings.LEVELS_BYTES, "--memory-bytes", settings.ENV.pixel_memory_bytes]
            command = ["-m", "viewer.tiles.made", settings.DATA_DIR, *limits, "--workers", settings.ENV.levels_workers]
            children.start("levels", [str(word) for word in command], folder=ROOT)
        children.start("codes", ["manage.py", "load_codes", "--shipped", "--verbosity", "0"], folder=ROOT, once=True)
        port = options["endpoint_port"]
        if port and self._is_free("127.0.0.1", port):
            folder = settings.DATA_DIR / "reference_endpoint"
            children.start("reference endpoint", ["-m", "reference_endpoint", "--port", str(port), "--data-dir", str(folder)], folder=ROOT)
        elif port:
            self.stderr.write(
                f"Port {port} is taken: the reference model endpoint is not started, suggestions will fail or come from there."
            )

    def _migrate(self) -> None:
        executor = MigrationExecutor(connection)
        if executor.migration_plan(executor.loader.graph.leaf_nodes()):
            call_command("migrate", interactive=False, verbosity=0)
        # The connection would otherwise be shared with children made by fork.
        connection.close()

    def _refuse_taken_port(self, host: str, port: int) -> None:
        if not self._is_free(host, port):
            raise CommandError(f"Port {port} on {host} is taken. Stop what listens there, or choose another: manage.py serve --port 8001")

    def _is_free(self, host: str, port: int) -> bool:
        with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, port))
            except OSError as error:
                if error.errno == errno.EADDRINUSE:
                    return False
                raise CommandError(f"Cannot listen on {host}:{port}: {error.strerror}") from error
        return True

    def _serve(self, host: str, port: int) -> None:
        sys.stdout.flush()
        run_web(
            "config.asgi:application",
            host=host,
            port=port,
            workers=settings.ENV.web_workers,
            # uvicorn's workers on plain asyncio lose TCP_NODELAY: 44 ms a tile.
            loop="uvloop",
            # httptools, with stored tiles answered before an ASGI cycle is made for them.
            http="viewer.tiles.protocol:TileProtocol",
            ws="websockets-sansio",
            access_log=False,
            log_level="warning",
            timeout_graceful_shutdown=3,
            lifespan="on",
        )
