"""The HTTP side: addresses of the Open Inference Protocol V2 on the standard library's threading server."""

import json
import logging
import re
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar

from reference_endpoint.models import Catalogue
from reference_endpoint.protocol import InferAnswer, RequestError, parse_request

NAME = "mitate-reference-endpoint"
VERSION = "1"
MAX_BODY_BYTES = 24 << 20
READ_TIMEOUT_S = 20.0
LOCAL_HOSTS = frozenset({"127.0.0.1", "localhost", "[::1]"})
log = logging.getLogger("reference_endpoint")

_MODEL = r"/v2/models/(?P<model>[^/]{1,120})(?:/versions/[^/]{1,64})?"
Answer = dict[str, Any]


class ReferenceServer(ThreadingHTTPServer):
    """Holds the models; at most two passes run at once, further ones wait their turn."""

    daemon_threads = True
    request_queue_size = 64

    def __init__(self, address: tuple[str, int], *, data_dir: Path) -> None:
        self.catalogue = Catalogue(data_dir)
        self.passes = threading.BoundedSemaphore(2)
        self.local_only = address[0] in LOCAL_HOSTS or address[0] == "::1"
        super().__init__(address, Handler)


class Handler(BaseHTTPRequestHandler):
    """Answers one connection."""

    server: ReferenceServer
    protocol_version = "HTTP/1.1"
    server_version = f"{NAME}/{VERSION}"
    sys_version = ""
    timeout = READ_TIMEOUT_S

    GET: ClassVar[list[tuple[re.Pattern[str], str]]] = [
        (re.compile(r"/v2/?\Z"), "_about"),
        (re.compile(r"/v2/health/live\Z"), "_live"),
        (re.compile(r"/v2/health/ready\Z"), "_ready"),
        (re.compile(r"/v2/models/?\Z"), "_models"),
        (re.compile(_MODEL + r"\Z"), "_model"),
        (re.compile(_MODEL + r"/ready\Z"), "_model_ready"),
        (re.compile(r"/v2/models/photo-classifier/heads/(?P<head>[^/]{1,64})\Z"), "_head"),
    ]
    POST: ClassVar[list[tuple[re.Pattern[str], str]]] = [
        (re.compile(_MODEL + r"/infer\Z"), "_infer"),
        (re.compile(_MODEL + r"/train\Z"), "_train"),
    ]

    def do_GET(self) -> None:  # the standard library's name
        """Answer a reading request."""
        self._dispatch(self.GET)

    def do_POST(self) -> None:  # the standard library's name
        """Answer an inference or training request."""
        self._dispatch(self.POST)

    def log_message(self, format: str, *args: Any) -> None:  # the standard library's name
        """Log at debug level; nothing of a body is ever logged."""
        log.debug(format, *args)

    def _dispatch(self, routes: list[tuple[re.Pattern[str], str]]) -> None:
        try:
            self._check_host()
            handler, arguments = self._find(routes)
            self._send(200, handler(**arguments))
        except RequestError as error:
            # A body that was not read would be taken for the next request.
            self.close_connection = True
            self._send(error.status, {"error": str(error), "code": error.code})
        except TimeoutError:
            self.close_connection = True

    def _find(self, routes: list[tuple[re.Pattern[str], str]]) -> tuple[Callable[..., Answer], dict[str, str]]:
        path = self.path.split("?", 1)[0]
        for pattern, name in routes:
            found = pattern.match(path)
            if found:
                return getattr(self, name), found.groupdict()
        raise RequestError(404, "not_found", "no such address")

    def _check_host(self) -> None:
        """Refuse a foreign Host name on a loopback server: a web page must not reach it by DNS rebinding."""
        host = re.sub(r":\d+\Z", "", self.headers.get("Host", ""))
        if self.server.local_only and host not in LOCAL_HOSTS:
            raise RequestError(421, "wrong_host", "this server answers to its loopback address only")

    def _body(self) -> bytes:
        """Return the body; raises ``RequestError`` 411, 413, 415 before reading one that is not wanted."""
        if self.headers.get_content_type() != "application/json":
            raise RequestError(415, "not_json", "Content-Type must be application/json")
        length = self.headers.get("Content-Length", "")
        if not re.fullmatch(r"\d{1,12}", length):
            raise RequestError(411, "length_required", "Content-Length is required")
        if int(length) > MAX_BODY_BYTES:
            raise RequestError(413, "body_too_large", f"at most {MAX_BODY_BYTES} bytes a request")
        body = self.rfile.read(int(length))
        if len(body) != int(length):
            raise RequestError(400, "body_cut_off", "the body ended early")
        return body

    def _send(self, status: int, document: Answer) -> None:
        body = json.dumps(document, allow_nan=False, separators=(",", ":")).encode("utf-8")
        try:
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            if self.close_connection:
                self.send_header("Connection", "close")
            self.end_headers()
            self.wfile.write(body)
        except ConnectionError:
            # The client did not wait for its answer; there is nobody left to tell.
            self.close_connection = True

    def _about(self) -> Answer:
        return {"name": NAME, "version": VERSION, "extensions": ["model_training"]}

    def _live(self) -> Answer:
        return {"live": True}

    def _ready(self) -> Answer:
        return {"ready": True}

    def _models(self) -> Answer:
        return {"models": self.server.catalogue.names()}

    def _model(self, model: str) -> Answer:
        return self.server.catalogue.get(model).metadata()

    def _model_ready(self, model: str) -> Answer:
        return {"name": self.server.catalogue.get(model).name, "ready": True}

    def _head(self, head: str) -> Answer:
        return self.server.catalogue.photograph.head_metadata(head)

    def _infer(self, model: str) -> Answer:
        chosen = self.server.catalogue.get(model)
        request = parse_request(self._body())
        with self.server.passes:
            return _answer(chosen.name, request.id, chosen.infer(request))

    def _train(self, model: str) -> Answer:
        chosen = self.server.catalogue.photograph
        if self.server.catalogue.get(model) is not chosen:
            raise RequestError(409, "model_not_trainable", "this model has nothing to learn")
        request = parse_request(self._body())
        with self.server.passes:
            return _answer(chosen.name, request.id, chosen.teach(request))


def _answer(model: str, request_id: str, answer: InferAnswer) -> Answer:
    """Return the protocol's JSON form of an answer."""
    document: Answer = {
        "model_name": model,
        "model_version": answer.model_version,
        "outputs": [tensor.as_json() for tensor in answer.outputs],
        "parameters": answer.parameters,
    }
    return document | ({"id": request_id} if request_id else {})
