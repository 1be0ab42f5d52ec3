"""``manage.py dicom_receive``: takes what scanners and archives send by C-STORE into a collection."""

import asyncio
import logging
import signal
import ssl
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from viewer.models import Collection
from viewer.receiver.rules import Rules, caller
from viewer.receiver.server import Receiver, tls_context

_MIB = 1 << 20


class Command(BaseCommand):
    help = "Receive DICOM instances by C-STORE into a collection, from named senders only, until Ctrl-C."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--collection", required=True, metavar="SLUG", help="short name of the collection")
        parser.add_argument(
            "--allow", action="append", required=True, metavar="AE[@ADDRESS]", help="AE title of a sender, and from where; may be repeated"
        )
        parser.add_argument("--ae-title", default="MITATE", metavar="AE", help="AE title under which it is called; default: %(default)s")
        parser.add_argument("--bind", default="127.0.0.1", metavar="ADDRESS", help="address to listen on; default: %(default)s")
        parser.add_argument("--port", type=int, default=11112, help="port to listen on, 0 for any free one; default: %(default)s")
        parser.add_argument("--associations", type=int, default=8, help="senders at a time; default: %(default)s")
        parser.add_argument(
            "--max-instance-mib", type=int, default=4096, metavar="MIB", help="largest instance that is taken; default: %(default)s"
        )

        parser.add_argument("--tls-certificate", default="", metavar="FILE", help="certificate of the receiver (PEM): TLS only")
        parser.add_argument("--tls-key", default="", metavar="FILE", help="its private key (PEM)")
        parser.add_argument("--tls-callers", default="", metavar="FILE", help="certificates (PEM) by which those of senders are checked")

    def handle(self, *args: Any, **options: Any) -> None:
        callers: dict[str, frozenset[str]] = {}
        try:
            title, _ = caller(options["ae_title"])
            for name, host in map(caller, options["allow"]):
                callers[name] = callers.get(name, frozenset()) | ({host} if host else frozenset())
        except ValueError as error:
            raise CommandError(str(error)) from error
        collection = Collection.objects.filter(slug=options["collection"]).first()
        if collection is None:
            known = ", ".join(Collection.objects.values_list("slug", flat=True)) or "none yet"
            raise CommandError(f"Name a collection with --collection SLUG. Collections: {known}.")
        rules = Rules(
            title=title,
            callers=callers,
            associations=max(1, options["associations"]),
            instance_bytes=min(max(1, options["max_instance_mib"]) * _MIB, settings.UPLOAD_MAX_BYTES),
        )
        self._log_to_output()
        receiver = Receiver(collection, rules, threads=settings.PIXEL_WORKERS, tls=self._tls(options))
        try:
            asyncio.run(self._run(receiver, rules, options["bind"], options["port"]))
        except OSError as error:
            raise CommandError(f"Cannot listen on {options['bind']}:{options['port']}: {error.strerror}") from error

    def _log_to_output(self) -> None:
        """Let every instance leave a line: stored, duplicate, or refused and why."""
        handler = logging.StreamHandler(self.stdout)
        handler.setFormatter(logging.Formatter("%(asctime)s %(message)s"))
        log = logging.getLogger("viewer.receiver")
        log.setLevel(logging.INFO)
        log.handlers[:] = [handler]
        log.propagate = False

    def _tls(self, options: dict[str, Any]) -> ssl.SSLContext | None:
        files = [options[name] for name in ("tls_certificate", "tls_key", "tls_callers")]
        if not any(files):
            return None
        if not (files[0] and files[1]):
            raise CommandError("TLS needs both --tls-certificate and --tls-key.")
        try:
            return tls_context(*files)
        except OSError as error:
            raise CommandError(f"The TLS files cannot be used: {error}") from error

    async def _run(self, receiver: Receiver, rules: Rules, host: str, port: int) -> None:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, receiver.stop)
        await receiver.run(host, port, lambda taken: self._say(rules.title, host, taken))

    def _say(self, title: str, host: str, port: int) -> None:
        self.stdout.write(f"{title} receives on {host}:{port} (Ctrl-C stops it)")
        self.stdout.flush()
