"""iipsrv behind nginx, two processes of it and one of nginx: `python -m bench.iipsrv PORT BINARY FOLDER`; ends with its group."""

import os
import signal
import struct
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from types import FrameType

import tifffile

_NGINX = """
daemon off; worker_processes 1; pid {run}/pid; error_log {run}/errors;
events {{ worker_connections 512; }}
http {{
  access_log off; keepalive_requests 1000000000;
  client_body_temp_path {run}/a; proxy_temp_path {run}/b; fastcgi_temp_path {run}/c; uwsgi_temp_path {run}/d; scgi_temp_path {run}/e;
  upstream tiles {{ least_conn; {servers} }}
  server {{
    listen 127.0.0.1:{port};
    location / {{
      fastcgi_pass tiles; fastcgi_param QUERY_STRING $query_string; fastcgi_param REQUEST_METHOD $request_method;
      fastcgi_param REQUEST_URI $request_uri; fastcgi_param SERVER_PROTOCOL $server_protocol; fastcgi_param HTTP_HOST $http_host;
      fastcgi_buffers 16 32k; fastcgi_buffer_size 32k;
    }}
  }}
}}
"""
_PROCESSES = 2
_TABLES, _SCAN = {0xDB, 0xC4}, 0xDA


def with_tables(slide: Path, copy: Path) -> None:
    """The same tiles in a plain TIFF that keeps their JPEG tables once for all; iipsrv hands over no others."""
    with tifffile.TiffFile(slide) as file, tifffile.TiffWriter(copy, bigtiff=True) as writer:
        for page in (page for page in file.pages if isinstance(page, tifffile.TiffPage) and page.is_tiled):
            stored = list(_stored(file, page))
            tables, _ = _parted(stored[0])
            writer.write(
                iter([_parted(tile)[1] for tile in stored]),
                shape=page.shape,
                dtype=page.dtype,
                tile=(page.tilelength, page.tilewidth),
                compression="jpeg",
                photometric="ycbcr",
                subsampling=(2, 2),
                jpegtables=tables,
                subfiletype=1 if page.index else 0,
            )


def _stored(file: tifffile.TiffFile, page: tifffile.TiffPage) -> Iterator[bytes]:
    for offset, count in zip(page.dataoffsets, page.databytecounts, strict=True):
        file.filehandle.seek(offset)
        yield file.filehandle.read(count)


def _parted(jpeg: bytes) -> tuple[bytes, bytes]:
    """The quantization and Huffman tables of a JPEG file as a file of their own, and what is left."""
    tables, rest, at = b"", b"", 2
    while jpeg[at + 1] != _SCAN:
        length = 2 + struct.unpack_from(">H", jpeg, at + 2)[0]
        segment, at = jpeg[at : at + length], at + length
        if segment[1] in _TABLES:
            tables += segment
        else:
            rest += segment
    return b"\xff\xd8" + tables + b"\xff\xd9", b"\xff\xd8" + rest + jpeg[at:]


def main(port: int, binary: str, folder: str) -> None:
    """Serve the slides of a folder until told to end."""
    run = Path(tempfile.mkdtemp(prefix="iipsrv-"))
    run.chmod(0o755)
    sockets = [port + 1 + number for number in range(_PROCESSES)]
    servers = " ".join(f"server 127.0.0.1:{each};" for each in sockets)
    (run / "nginx.conf").write_text(_NGINX.format(run=run, port=port, servers=servers))
    settings = {"VERBOSITY": "0", "LOGFILE": "/dev/null", "FILESYSTEM_PREFIX": f"{folder}/", "MAX_CVT": "8192"}
    started = [subprocess.Popen([binary, "--bind", f"127.0.0.1:{each}", "--backlog", "256"], env=os.environ | settings) for each in sockets]
    started.append(subprocess.Popen(["nginx", "-c", str(run / "nginx.conf")]))

    def end(_number: int, _frame: FrameType | None) -> None:
        for process in started:
            process.terminate()
        sys.exit(0)

    signal.signal(signal.SIGTERM, end)
    started[-1].wait()


if __name__ == "__main__":
    main(int(sys.argv[1]), sys.argv[2], sys.argv[3])
