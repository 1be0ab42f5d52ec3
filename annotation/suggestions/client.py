"""A client for servers of the Open Inference Protocol V2 that believes nothing it is told.

Servers differ (MLServer, KServe and Triton leave out different fields), so absent fields are taken as absent; present
fields are checked.
"""

import json
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpcore
import httpx

from annotation.suggestions.addresses import EndpointAddress, check_allowed, parse_address, parse_file_url, resolve
from annotation.suggestions.cell_answers import CELLS_URL, MAX_URL, is_geojson, keep_answer, one_text
from annotation.suggestions.errors import EndpointError
from annotation.suggestions.limits import DEFAULT_LIMITS, Limits
from annotation.suggestions.strict import parse_object, read_bounded
from annotation.suggestions.tensors import Tensor, parse_outputs
from annotation.suggestions.transport import Deadline, PinnedTransport

USER_AGENT = "mitate-suggestions/1"
ACCEPT = "application/json, application/geo+json, application/x-ndjson"
TRAINING_EXTENSION = "model_training"
Parameter = str | float | int | bool


@dataclass(frozen=True, slots=True)
class ModelInfo:
    """What a server says of a model; empty where it says nothing."""

    name: str
    versions: tuple[str, ...]
    inputs: frozenset[str]
    outputs: frozenset[str]


@dataclass(frozen=True, slots=True)
class InferAnswer:
    """A checked answer; ``model_version`` is empty where the server names none."""

    model_version: str
    outputs: dict[str, Tensor]
    parameters: dict[str, Any]


@dataclass(frozen=True, slots=True)
class HeadInfo:
    """What a training server remembers of one head; version "0" was never taught."""

    version: str
    examples: int


class EndpointClient:
    """Speaks to one registered endpoint. Each call is one connection with its own deadline; nothing is retried.

    Args:
        url: Base address, without ``/v2``.
        allowed_hosts: The site's list, entries ``host:port`` or ``host``.
        limits: Bounds of one exchange.

    Raises:
        EndpointError: From every method, with a code of ``annotation.suggestions.errors``.
    """

    def __init__(self, url: str, *, allowed_hosts: Sequence[str], limits: Limits = DEFAULT_LIMITS) -> None:
        self._address = parse_address(url)
        check_allowed(self._address, allowed_hosts)
        self._allowed_hosts = allowed_hosts
        self._limits = limits

    def extensions(self) -> frozenset[str]:
        """Return the protocol extensions the server names."""
        listed = self._call("GET", "/v2").get("extensions")
        return frozenset(item for item in listed if isinstance(item, str)) if isinstance(listed, list) else frozenset()

    def check_ready(self, model: str) -> None:
        """Return when the model is ready; raises ``endpoint_not_ready`` when it says that it is not."""
        answer = self._call("GET", f"/v2/models/{_name(model)}/ready", may_be_empty=True)
        if answer.get("ready") is False:
            raise EndpointError("endpoint_not_ready", "the model is not ready")

    def model(self, model: str) -> ModelInfo:
        """Return the model's metadata."""
        answer = self._call("GET", f"/v2/models/{_name(model)}")
        versions = answer.get("versions")
        found = [item for item in versions if isinstance(item, str)] if isinstance(versions, list) else []
        return ModelInfo(model, tuple(found[:100]), _names(answer.get("inputs")), _names(answer.get("outputs")))

    def infer(self, model: str, inputs: Sequence[dict[str, Any]], parameters: Mapping[str, Parameter]) -> InferAnswer:
        """Return the answer of one pass."""
        return self._pass(f"/v2/models/{_name(model)}/infer", inputs, parameters)

    def infer_cells(
        self, model: str, inputs: Sequence[dict[str, Any]], parameters: Mapping[str, Parameter], *, path: Path, most_bytes: int
    ) -> InferAnswer:
        """Return the answer of one pass that may hold cells without number.

        Such an answer is GeoJSON itself, or names the address of a file of GeoJSON in the text tensor ``cells_url``; either is
        written to ``path`` as it comes, and the answer has no outputs. Otherwise nothing is written.

        Args:
            model: The model's name on that server.
            inputs: Of the request.
            parameters: Of the request.
            path: Where the file goes; it is there whole or not at all.
            most_bytes: Bound of the file, as it comes.
        """
        content = _infer_body(inputs, parameters)
        url = f"{self._address.base_url}/v2/models/{_name(model)}/infer"
        with self._answered(self._address, "POST", url, content) as response:
            if is_geojson(response):
                version = response.headers.get("Model-Version", "")
                keep_answer(response, path, most_bytes)
                return InferAnswer(self._version(version), {}, {})
            # Addresses are longer than labels.
            answer = self._infer_answer(parse_object(self._body(response)), replace(self._limits, text_length=MAX_URL))
        if CELLS_URL not in answer.outputs:
            return answer
        address, url = parse_file_url(one_text(answer.outputs[CELLS_URL]))
        check_allowed(address, self._allowed_hosts)
        with self._answered(address, "GET", url, None) as response:
            keep_answer(response, path, most_bytes)
        return InferAnswer(answer.model_version, {}, answer.parameters)

    def train(self, model: str, inputs: Sequence[dict[str, Any]], parameters: Mapping[str, Parameter]) -> InferAnswer:
        """Teach the model (extension ``model_training``) and return what it answers: its new version."""
        return self._pass(f"/v2/models/{_name(model)}/train", inputs, parameters)

    def head(self, model: str, head: str) -> HeadInfo:
        """Return what the server remembers of a head (extension ``model_training``)."""
        answer = self._call("GET", f"/v2/models/{_name(model)}/heads/{_name(head)}")
        version, examples = answer.get("version"), answer.get("examples")
        if not isinstance(version, str) or isinstance(examples, bool) or not isinstance(examples, int) or examples < 0:
            raise EndpointError("endpoint_bad_answer", "the head's description is not as the extension says")
        return HeadInfo(version[: self._limits.text_length], examples)

    def _pass(self, path: str, inputs: Sequence[dict[str, Any]], parameters: Mapping[str, Parameter]) -> InferAnswer:
        return self._infer_answer(parse_object(self._exchange("POST", path, _infer_body(inputs, parameters))), self._limits)

    def _infer_answer(self, answer: dict[str, Any], limits: Limits) -> InferAnswer:
        said = answer.get("parameters")
        outputs = parse_outputs(answer, limits)
        return InferAnswer(self._version(answer.get("model_version")), outputs, said if isinstance(said, dict) else {})

    def _version(self, said: object) -> str:
        if said is not None and (not isinstance(said, str) or len(said) > self._limits.text_length):
            raise EndpointError("endpoint_bad_answer", "the model's version is not a short text")
        return said or ""

    def _call(self, method: str, path: str, *, may_be_empty: bool = False) -> dict[str, Any]:
        """Send one request and return the JSON object of the answer."""
        raw = self._exchange(method, path, None)
        if may_be_empty and not raw.strip():
            return {}
        return parse_object(raw)

    def _exchange(self, method: str, path: str, content: bytes | None) -> bytes:
        """Send one request and return the bounded body of an answer with status 200."""
        with self._answered(self._address, method, self._address.base_url + path, content) as response:
            return self._body(response)

    def _body(self, response: httpx.Response) -> bytes:
        encoding = response.headers.get("Content-Encoding", "")
        return read_bounded(response.iter_raw(), encoding=encoding, limit=self._limits.answer_bytes)

    @contextmanager
    def _answered(self, address: EndpointAddress, method: str, url: str, content: bytes | None) -> Iterator[httpx.Response]:
        """Send one request and give an answer with status 200, its body unread; translate every failure."""
        deadline = Deadline(self._limits.total_s)
        pinned = resolve(address, timeout_s=min(self._limits.connect_s, self._limits.total_s))
        headers = {"Accept": ACCEPT, "Accept-Encoding": "identity", "User-Agent": USER_AGENT, "Connection": "close"}
        if content is not None:
            headers["Content-Type"] = "application/json"
        timeout = httpx.Timeout(self._limits.total_s, connect=self._limits.connect_s)
        try:
            with (
                httpx.Client(
                    transport=PinnedTransport(pinned, deadline), timeout=timeout, follow_redirects=False, trust_env=False
                ) as client,
                client.stream(method, url, content=content, headers=headers) as response,
            ):
                self._check_status(response)
                yield response
        except (httpcore.ConnectTimeout, httpx.ConnectTimeout) as error:
            raise EndpointError("endpoint_timeout", f"no connection within {self._limits.connect_s:g} s") from error
        except (httpcore.TimeoutException, httpx.TimeoutException) as error:
            raise EndpointError("endpoint_timeout", f"no whole answer within {self._limits.total_s:g} s") from error
        except (httpcore.ConnectError, httpx.ConnectError) as error:
            raise EndpointError("endpoint_unreachable", "nothing answers at this address, or its certificate is not valid") from error
        except (httpcore.NetworkError, httpx.NetworkError) as error:
            raise EndpointError("endpoint_unreachable", "the connection broke off") from error
        except (httpcore.ProtocolError, httpx.ProtocolError) as error:
            raise EndpointError("endpoint_bad_answer", "the answer is not HTTP, or ended early") from error

    def _check_status(self, response: httpx.Response) -> None:
        status = response.status_code
        if 300 <= status < 400:
            raise EndpointError("endpoint_redirect", f"the endpoint redirects (status {status}); redirects are not followed")
        if status == 404:
            raise EndpointError("endpoint_refused", "status 404: the server has no model of this name, or speaks another protocol")
        if status in {425, 429, 503}:
            raise EndpointError("endpoint_not_ready", f"status {status}: the server is not ready or has too much to do")
        if status != 200:
            raise EndpointError("endpoint_refused", f"the server refuses the request with status {status}")


def _infer_body(inputs: Sequence[dict[str, Any]], parameters: Mapping[str, Parameter]) -> bytes:
    body = {"id": str(uuid.uuid4()), "parameters": dict(parameters), "inputs": list(inputs)}
    return json.dumps(body, allow_nan=False).encode("utf-8")


def _name(name: str) -> str:
    """Return a model's or head's name as one segment of a path; raises ``endpoint_bad_url`` for one that climbs."""
    if not name or name in {".", ".."}:
        raise EndpointError("endpoint_bad_url", "the model's name cannot be part of an address")
    return quote(name, safe="")


def _names(listed: object) -> frozenset[str]:
    if not isinstance(listed, list):
        return frozenset()
    return frozenset(item["name"] for item in listed if isinstance(item, dict) and isinstance(item.get("name"), str))
