"""OHIF as it is published, served beside a Mitate for a test: its files, and everything below /dicomweb/ handed on."""

import http.server
import json
import mimetypes
import threading
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

# Where scripts/ohif.sh puts the built viewer.
DIST = Path(__file__).resolve().parents[2] / "build" / "ohif" / "3.12.0"


def configuration(address: str) -> str:
    """Return the file in which an operator says where the images are."""
    source = {
        "namespace": "@ohif/extension-default.dataSourcesModule.dicomweb",
        "sourceName": "mitate",
        "configuration": {
            "friendlyName": "Mitate",
            "name": "mitate",
            "qidoRoot": f"{address}/dicomweb",
            "wadoRoot": f"{address}/dicomweb",
            "imageRendering": "wadors",
            "thumbnailRendering": "wadors",
            "bulkDataURI": {"enabled": True},
        },
    }
    options = {"routerBasename": None, "extensions": [], "modes": [], "showStudyList": True, "maxNumberOfWebWorkers": 1}
    return f"window.config = {json.dumps({**options, 'defaultDataSourceName': 'mitate', 'dataSources': [source]})};"


class Server(http.server.ThreadingHTTPServer):
    """One origin for the viewer and the images; the person's session is added to what is handed on."""

    daemon_threads = True

    def __init__(self, folder: Path, images: str, session_id: str) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.folder, self.images, self.session_id = folder, images, session_id
        self.address = f"http://127.0.0.1:{self.server_port}"
        self.asked: list[tuple[str, int]] = []
        self.studies: dict[str, str] = {}
        threading.Thread(target=self.serve_forever, daemon=True).start()


class _Handler(http.server.BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        path = self.path.partition("?")[0]
        if path.startswith("/dicomweb/"):
            self._hand_on()
            return
        if path == "/app-config.js":
            self._send(200, "text/javascript", configuration(self.server.address).encode())
            return
        file = (self.server.folder / path.lstrip("/")).resolve()
        known = file.is_file() and file.is_relative_to(self.server.folder.resolve())
        file = file if known else self.server.folder / "index.html"
        self._send(200, mimetypes.guess_type(file.name)[0] or "application/octet-stream", file.read_bytes())

    def _hand_on(self) -> None:
        headers = {"Accept": self.headers.get("Accept", "*/*"), "Cookie": f"sessionid={self.server.session_id}"}
        asked = urllib.request.Request(self.server.images + self.path, headers={**headers, "Host": self.headers["Host"]})
        try:
            with urllib.request.urlopen(asked, timeout=60) as answer:
                status, content_type, body = answer.status, answer.headers.get("Content-Type", ""), answer.read()
        except urllib.error.HTTPError as error:
            status, content_type, body = error.code, error.headers.get("Content-Type", ""), error.read()
        self.server.asked.append((self.path, status))
        self._send(status, content_type, body)

    def _send(self, status: int, content_type: str, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        # What the viewer's decoders need to share memory between threads.
        self.send_header("Cross-Origin-Opener-Policy", "same-origin")
        self.send_header("Cross-Origin-Embedder-Policy", "require-corp")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *arguments: Any) -> None:
        """Keep quiet."""
