"""Start the server: ``python -m reference_endpoint --port 8500 --data-dir DIR``."""

import argparse
import logging
import signal
import sys
import threading
from pathlib import Path
from types import FrameType

from reference_endpoint.server import NAME, ReferenceServer


def main(arguments: list[str] | None = None) -> int:
    """Serve until SIGTERM or Ctrl-C; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m reference_endpoint", description="Reference model endpoint of Mitate.")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on; default: %(default)s")
    parser.add_argument("--port", type=int, default=8500, help="port to listen on, 0 for any free one; default: %(default)s")
    parser.add_argument("--data-dir", type=Path, required=True, help="folder for what the models learn")
    options = parser.parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    log = logging.getLogger("reference_endpoint")
    try:
        server = ReferenceServer((options.host, options.port), data_dir=options.data_dir)
    except OSError as error:
        log.error("cannot listen on %s port %s: %s", options.host, options.port, error.strerror)  # noqa: TRY400
        return 1

    def stop(number: int, frame: FrameType | None) -> None:
        # shutdown() waits for the loop that this very thread runs: it has to come from another one.
        threading.Thread(target=server.shutdown, daemon=True).start()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    log.info("%s listens on http://%s:%s", NAME, options.host, server.server_port)
    server.serve_forever(poll_interval=0.2)
    server.socket.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
