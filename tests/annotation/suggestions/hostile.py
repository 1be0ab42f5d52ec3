"""A model endpoint that does everything wrong, on real sockets. The first segment of the path chooses how."""

import contextlib
import functools
import gzip
import io
import json
import socket
import socketserver
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

SECRET = "the-secret-of-the-inner-network"


def answer(body: bytes, *, status: str = "200 OK", content_type: str = "application/json", extra: str = "") -> bytes:
    head = f"HTTP/1.1 {status}\r\nContent-Type: {content_type}\r\nContent-Length: {len(body)}\r\n{extra}Connection: close\r\n\r\n"
    return head.encode() + body


def outputs(*tensors: dict[str, Any], **more: Any) -> bytes:
    return answer(json.dumps({"model_name": "m", "model_version": "1", "outputs": list(tensors)} | more).encode())


def tensor(name: str, datatype: str, shape: list[int], data: list[Any]) -> dict[str, Any]:
    return {"name": name, "datatype": datatype, "shape": shape, "data": data}


def outlines(rings: list[list[tuple[float, float]]], labels: list[str], scores: list[float]) -> bytes:
    starts = [0]
    for ring in rings:
        starts.append(starts[-1] + len(ring))
    flat = [number for ring in rings for point in ring for number in point]
    return outputs(
        tensor("vertices", "FP32", [starts[-1], 2], flat),
        tensor("offsets", "INT32", [len(starts)], starts),
        tensor("scores", "FP32", [len(scores)], scores),
        tensor("labels", "BYTES", [len(labels)], labels),
    )


SQUARE = [(10.0, 10.0), (30.0, 10.0), (30.0, 30.0), (10.0, 30.0)]
BOW_TIE = [(10.0, 10.0), (30.0, 30.0), (30.0, 10.0), (10.0, 30.0)]
FLAT = [(5.0, 5.0), (6.0, 5.0), (7.0, 5.0), (8.0, 5.0)]
OUTSIDE = [(5000.0, 5000.0), (5100.0, 5000.0), (5100.0, 5100.0)]

CELLS = [
    {
        "type": "Feature",
        "geometry": {"type": "Polygon", "coordinates": [[[x, y], [x + 8, y], [x + 8, y + 8], [x, y + 8], [x, y]]]},
        "properties": {"classification": {"name": name}, "measurements": {"Detection probability": 0.5}},
    }
    for x, y, name in [(10, 10, "nucleus"), (40, 10, "nucleus"), (70, 10, "dragon"), (1_000_000, 10, "nucleus")]
]


class Hostile(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    block_on_close = False

    def __init__(self) -> None:
        self.requests: list[str] = []
        self.over = threading.Event()
        super().__init__(("127.0.0.1", 0), Handler)

    @property
    def port(self) -> int:
        return int(self.server_address[1])


@functools.cache
def gzip_bomb() -> bytes:
    """200 MB of nothing. Packing them takes longer than some of our clients have patience."""
    packed = io.BytesIO()
    with gzip.GzipFile(fileobj=packed, mode="wb") as file:
        for _ in range(200):
            file.write(b" " * (1 << 20))
    return packed.getvalue()


class Handler(socketserver.BaseRequestHandler):
    server: Hostile

    def handle(self) -> None:
        with contextlib.suppress(OSError):
            line = self._read_request()
            self.server.requests.append(line)
            how = line.split(" ")[1].split("/")[1].replace("-", "_") if " " in line else "nothing"
            behaviour: Callable[[], None] = getattr(self, f"do_{how}")
            behaviour()

    def _read_request(self) -> str:
        self.request.settimeout(5)
        data = b""
        while b"\r\n\r\n" not in data:
            chunk = self.request.recv(65536)
            if not chunk:
                return ""
            data += chunk
        head, _, rest = data.partition(b"\r\n\r\n")
        length = next((int(row.split(b":")[1]) for row in head.split(b"\r\n") if row.lower().startswith(b"content-length")), 0)
        while len(rest) < length:
            rest += self.request.recv(65536)
        return head.split(b"\r\n")[0].decode("latin-1")

    def send(self, data: bytes) -> None:
        self.request.sendall(data)

    def drip(self, data: bytes) -> None:
        for number in range(len(data)):
            if self.server.over.wait(0.1):
                return
            self.send(data[number : number + 1])

    def do_never(self) -> None:
        self.server.over.wait(20)

    def do_hang_up(self) -> None:
        self.request.close()

    def do_reset(self) -> None:
        self.request.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\x01\x00\x00\x00\x00\x00\x00\x00")
        self.request.close()

    def do_slow_head(self) -> None:
        self.drip(b"HTTP/1.1 200 OK\r\nX-Padding: " + b"a" * 600)

    def do_slow_body(self) -> None:
        self.send(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 600\r\n\r\n")
        self.drip(b" " * 600)

    def do_endless_continue(self) -> None:
        while not self.server.over.is_set():
            self.send(b"HTTP/1.1 100 Continue\r\n\r\n")
            time.sleep(0.005)

    def do_endless_head(self) -> None:
        self.send(b"HTTP/1.1 200 OK\r\n")
        while not self.server.over.is_set():
            self.send(b"X-Padding: " + b"a" * 1000 + b"\r\n")

    def do_hundred_megabytes(self) -> None:
        self.send(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 104857600\r\n\r\n")
        for _ in range(100):
            self.send(b" " * (1 << 20))

    def do_endless_chunks(self) -> None:
        self.send(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n")
        while not self.server.over.is_set():
            self.send(b"10000\r\n" + b" " * 65536 + b"\r\n")

    def do_gzip_bomb(self) -> None:
        self.send(answer(gzip_bomb(), extra="Content-Encoding: gzip\r\n"))

    def do_gzip_broken(self) -> None:
        self.send(answer(b"no gzip at all", extra="Content-Encoding: gzip\r\n"))

    def do_brotli(self) -> None:
        self.send(answer(b"{}", extra="Content-Encoding: br\r\n"))

    def do_gzip_fine(self) -> None:
        body = outlines([SQUARE], ["nucleus"], [0.9]).partition(b"\r\n\r\n")[2]
        self.send(answer(gzip.compress(body), extra="Content-Encoding: gzip\r\n"))

    def do_redirect(self) -> None:
        self.send(answer(SECRET.encode(), status="302 Found", extra=f"Location: http://127.0.0.1:{self.server.port}/inner/\r\n"))

    def do_inner(self) -> None:
        self.send(answer(SECRET.encode()))

    def do_refused(self) -> None:
        self.send(answer(json.dumps({"error": SECRET}).encode(), status="400 Bad Request"))

    def do_missing(self) -> None:
        self.send(answer(json.dumps({"error": SECRET}).encode(), status="404 Not Found"))

    def do_server_error(self) -> None:
        self.send(answer(SECRET.encode(), status="500 Internal Server Error", content_type="text/plain"))

    def do_busy(self) -> None:
        self.send(answer(b"", status="503 Service Unavailable"))

    def do_html(self) -> None:
        self.send(answer(f"<html>{SECRET}</html>".encode(), content_type="text/html"))

    def do_not_http(self) -> None:
        self.send(b"220 mail.example ESMTP\r\n")

    def do_cut_off(self) -> None:
        self.send(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 500\r\n\r\n{")

    def do_list(self) -> None:
        self.send(answer(b"[]"))

    def do_deep(self) -> None:
        self.send(answer(b'{"outputs":' + b"[" * 100_000 + b"]" * 100_000 + b"}"))

    def do_doubled_key(self) -> None:
        self.send(answer(b'{"outputs":[],"outputs":[]}'))

    def do_nan(self) -> None:
        self.send(answer(b'{"outputs":[{"name":"scores","datatype":"FP32","shape":[1],"data":[NaN]}]}'))

    def do_infinite(self) -> None:
        self.send(answer(b'{"outputs":[{"name":"scores","datatype":"FP32","shape":[1],"data":[1e999]}]}'))

    def do_long_number(self) -> None:
        self.send(answer(b'{"outputs":[{"name":"scores","datatype":"FP32","shape":[1],"data":[' + b"9" * 6000 + b"]}]}"))

    def do_large_number(self) -> None:
        self.send(answer(b'{"outputs":[{"name":"scores","datatype":"FP32","shape":[1],"data":[' + b"9" * 400 + b"]}]}"))

    def do_truth_value(self) -> None:
        self.send(outputs(tensor("scores", "FP32", [1], [True])))

    def do_text_for_number(self) -> None:
        self.send(outputs(tensor("scores", "FP32", [1], ["0.5"])))

    def do_wrong_count(self) -> None:
        self.send(outputs(tensor("scores", "FP32", [3], [0.5])))

    def do_negative_shape(self) -> None:
        self.send(outputs(tensor("scores", "FP32", [-1], [0.5])))

    def do_huge_shape(self) -> None:
        self.send(outputs(tensor("scores", "FP32", [1 << 40], [0.5])))

    def do_unknown_type(self) -> None:
        self.send(outputs(tensor("scores", "COMPLEX", [1], [0.5])))

    def do_integer_overflow(self) -> None:
        self.send(outputs(tensor("offsets", "INT32", [1], [1 << 40])))

    def do_same_name_twice(self) -> None:
        self.send(outputs(tensor("scores", "FP32", [1], [0.5]), tensor("scores", "FP32", [1], [0.5])))

    def do_no_outputs(self) -> None:
        self.send(answer(b'{"model_name":"m"}'))

    def do_version_is_a_list(self) -> None:
        self.send(outputs(tensor("scores", "FP32", [1], [0.5]), model_version=[1]))

    def do_missing_tensor(self) -> None:
        self.send(outputs(tensor("labels", "BYTES", [1], ["nucleus"]), tensor("scores", "FP32", [1], [0.5])))

    def do_score_of_two(self) -> None:
        self.send(outlines([SQUARE], ["nucleus"], [2.0]))

    def do_bad_offsets(self) -> None:
        self.send(
            outputs(
                tensor("vertices", "FP32", [4, 2], [float(number) for point in SQUARE for number in point]),
                tensor("offsets", "INT32", [2], [0, 9]),
                tensor("scores", "FP32", [1], [0.5]),
                tensor("labels", "BYTES", [1], ["nucleus"]),
            )
        )

    def do_many_shapes(self) -> None:
        count = 6000
        self.send(outlines([[(1.0, 1.0), (2.0, 1.0), (2.0, 2.0)]] * count, ["nucleus"] * count, [0.5] * count))

    def do_bad_shapes(self) -> None:
        rings = [SQUARE, BOW_TIE, FLAT, OUTSIDE, [], [(1.0, 1.0)], SQUARE]
        self.send(outlines(rings, ["nucleus"] * 6 + ["dragon"], [0.5] * 7))

    def do_all_wrong_labels(self) -> None:
        self.send(outlines([SQUARE], ["<script>alert(1)</script>"], [0.5]))

    def do_cells(self) -> None:
        """A file of cells itself, in pixels of the picture that was sent; one lies outside, one class is unknown."""
        body = "".join(json.dumps(each) + "\n" for each in CELLS).encode()
        self.send(answer(body, content_type="application/x-ndjson", extra="Model-Version: 7\r\n"))

    def do_cells_by_address(self) -> None:
        url = f"http://127.0.0.1:{self.server.port}/cells-file/nuclei.geojson.gz?signed=1"
        self.send(outputs(tensor("cells_url", "BYTES", [1], [url]), model_version="8"))

    def do_cells_file(self) -> None:
        body = gzip.compress(json.dumps({"type": "FeatureCollection", "features": CELLS}).encode())
        self.send(answer(body, content_type="application/octet-stream"))

    def do_cells_elsewhere(self) -> None:
        self.send(outputs(tensor("cells_url", "BYTES", [1], ["http://169.254.169.254/latest/meta-data"])))

    def do_cells_in_a_local_file(self) -> None:
        self.send(outputs(tensor("cells_url", "BYTES", [1], ["file:///etc/passwd"])))

    def do_cells_redirected(self) -> None:
        self.send(outputs(tensor("cells_url", "BYTES", [1], [f"http://127.0.0.1:{self.server.port}/redirect/"])))

    def do_cells_cut_off(self) -> None:
        self.send(b"HTTP/1.1 200 OK\r\nContent-Type: application/geo+json\r\nContent-Length: 500\r\n\r\n{")

    def do_cells_in_brotli(self) -> None:
        self.send(answer(b"{}", content_type="application/geo+json", extra="Content-Encoding: br\r\n"))

    def do_cells_endless(self) -> None:
        self.send(b"HTTP/1.1 200 OK\r\nContent-Type: application/x-ndjson\r\nTransfer-Encoding: chunked\r\n\r\n")
        while not self.server.over.is_set():
            self.send(b"10000\r\n" + b" " * 65536 + b"\r\n")

    def do_cells_none(self) -> None:
        self.send(answer(b"", content_type="application/x-ndjson", extra="Model-Version: 7\r\n"))

    def do_cells_broken(self) -> None:
        self.send(answer(b'{"type":"FeatureCollection","features":[{"type":"Fea', content_type="application/geo+json"))

    def do_fine(self) -> None:
        self.send(outlines([SQUARE], ["nucleus"], [0.9]))


@contextlib.contextmanager
def running() -> Iterator[Hostile]:
    """Serve until the block ends."""
    server = Hostile()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.over.set()
        server.shutdown()
        server.server_close()
        thread.join(5)
