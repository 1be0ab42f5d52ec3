"""Uvicorn with the settings of `manage.py serve` and two processes: `python -m bench.tile_server PORT APPLICATION PROTOCOL`."""

import sys

from config.web_processes import run_web

if __name__ == "__main__":
    run_web(
        sys.argv[2],
        host="127.0.0.1",
        port=int(sys.argv[1]),
        workers=2,
        loop="uvloop",
        http=sys.argv[3],
        access_log=False,
        log_level="error",
    )
