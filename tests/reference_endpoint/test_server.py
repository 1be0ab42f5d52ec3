"""The server as others see it: the protocol's addresses, its limits, its errors."""

import base64
import io
import json
import socket
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
from PIL import Image as PillowImage

from tests.annotation.suggestions import reference
from tests.reference_endpoint.test_models import drawn_tissue


def png(rgb: np.ndarray[Any, Any]) -> str:
    body = io.BytesIO()
    PillowImage.fromarray(rgb).save(body, "PNG")
    return base64.b64encode(body.getvalue()).decode()


def texts(name: str, *values: str) -> dict[str, Any]:
    return {"name": name, "datatype": "BYTES", "shape": [len(values)], "data": list(values)}


def plain(colour: tuple[int, int, int]) -> str:
    return png(np.full((32, 32, 3), colour, dtype=np.uint8))


def by_name(answer: httpx.Response) -> dict[str, Any]:
    assert answer.status_code == 200, answer.text
    return {tensor["name"]: tensor for tensor in answer.json()["outputs"]}


def test_what_it_says_of_itself(base_url: str) -> None:
    with httpx.Client(base_url=base_url) as http:
        assert http.get("/v2").json()["extensions"] == ["model_training"]
        assert http.get("/v2/health/live").json() == {"live": True}
        assert http.get("/v2/health/ready").json() == {"ready": True}
        assert http.get("/v2/models").json() == {"models": ["he-nuclei", "photo-classifier", "saliency-box"]}
        assert http.get("/v2/models/he-nuclei/ready").json() == {"name": "he-nuclei", "ready": True}
        about = http.get("/v2/models/he-nuclei/versions/1").json()
        assert {tensor["name"]: tensor["shape"] for tensor in about["outputs"]} == {
            "vertices": [-1, 2],
            "offsets": [-1],
            "scores": [-1],
            "labels": [-1],
        }


def test_nuclei_come_as_tensors_that_fit_together(base_url: str) -> None:
    rgb, discs = drawn_tissue()
    request = {"id": "one", "inputs": [texts("image", png(rgb))], "parameters": {"mpp": 0.5}}
    answer = httpx.post(f"{base_url}/v2/models/he-nuclei/infer", json=request, timeout=30)
    assert (answer.json()["id"], answer.json()["model_version"]) == ("one", "1")
    found = by_name(answer)
    count = len(found["labels"]["data"])
    assert count >= 0.9 * len(discs)
    assert found["labels"]["data"] == ["nucleus"] * count
    assert found["offsets"]["shape"] == [count + 1]
    assert found["offsets"]["data"][-1] * 2 == len(found["vertices"]["data"])
    x, y, _radius = discs[10]
    prompted = request | {"parameters": {"mpp": 0.5, "prompt": json.dumps([x, y])}}
    assert len(by_name(httpx.post(f"{base_url}/v2/models/he-nuclei/infer", json=prompted, timeout=30))["labels"]["data"]) == 1


def test_boxes(base_url: str) -> None:
    rgb = np.full((240, 320, 3), (200, 140, 120), dtype=np.uint8)
    rgb[100:140, 150:200] = (210, 70, 70)
    found = by_name(httpx.post(f"{base_url}/v2/models/saliency-box/infer", json={"inputs": [texts("image", png(rgb))]}, timeout=30))
    assert found["boxes"]["shape"] == [len(found["scores"]["data"]), 4]
    assert found["labels"]["data"][0] == "salient"


def test_an_untaught_head_is_equally_unsure_and_learns(base_url: str) -> None:
    address, head = f"{base_url}/v2/models/photo-classifier", {"head": "test-one"}
    ask = {"inputs": [texts("image", plain((250, 20, 20))), texts("labels", "red", "blue")], "parameters": head}
    with httpx.Client(timeout=30) as http:
        before = http.post(f"{address}/infer", json=ask)
        assert (before.json()["model_version"], by_name(before)["scores"]["data"]) == ("0", [0.5, 0.5])
        without = http.post(f"{address}/infer", json=ask | {"inputs": ask["inputs"][:1]})
        assert (without.status_code, without.json()["code"]) == (409, "model_untrained")
        pictures = [plain((250, 20, 20)), plain((20, 20, 250)), plain((230, 40, 20)), plain((20, 40, 230))]
        lesson = {"inputs": [texts("image", *pictures), texts("labels", "red", "blue", "red", "blue")], "parameters": head}
        taught = http.post(f"{address}/train", json=lesson)
        assert taught.json()["model_version"] == "1"
        assert http.get(f"{address}/heads/test-one").json() == {
            "name": "test-one",
            "version": "1",
            "examples": 4,
            "labels": ["blue", "red"],
        }
        after = by_name(http.post(f"{address}/infer", json=ask))
        assert after["scores"]["data"][0] > 0.7
        assert http.get(f"{address}/heads/another").json()["version"] == "0"


@pytest.mark.parametrize(
    ("path", "body", "status", "code"),
    [
        ("/v2/models/none/infer", b"{}", 404, "model_unknown"),
        ("/v2/models/he-nuclei/infer", b"{", 400, "bad_json"),
        ("/v2/models/he-nuclei/infer", b"[" * 50_000, 400, "bad_json"),
        ("/v2/models/he-nuclei/infer", b"{}", 400, "bad_request"),
        ("/v2/models/he-nuclei/infer", b'{"inputs":[{"name":"image"}]}', 400, "bad_tensor"),
        ("/v2/models/he-nuclei/infer", b'{"inputs":[{"name":"image","datatype":"BYTES","shape":[2],"data":["x"]}]}', 400, "bad_tensor"),
        ("/v2/models/he-nuclei/infer", b'{"inputs":[{"name":"image","datatype":"BYTES","shape":[1],"data":["x!"]}]}', 400, "bad_image"),
        ("/v2/models/he-nuclei/infer", b'{"inputs":[{"name":"image","datatype":"BYTES","shape":[1],"data":["AAAA"]}]}', 400, "bad_image"),
        ("/v2/models/he-nuclei/infer", b'{"inputs":[{"name":"i","datatype":"FP32","shape":[1],"data":[NaN]}]}', 400, "bad_json"),
        ("/v2/models/he-nuclei/train", b'{"inputs":[{"name":"i","datatype":"FP32","shape":[1],"data":[1]}]}', 409, "model_not_trainable"),
        (
            "/v2/models/photo-classifier/train",
            b'{"inputs":[{"name":"image","datatype":"BYTES","shape":[1],"data":["x"]},'
            b'{"name":"labels","datatype":"BYTES","shape":[1],"data":["a"]}]}',
            409,
            "one_label_only",
        ),
        (
            "/v2/models/photo-classifier/train",
            b'{"parameters":{"head":"../../etc"},"inputs":[{"name":"image","datatype":"BYTES","shape":[2],"data":["eA==","eA=="]},'
            b'{"name":"labels","datatype":"BYTES","shape":[2],"data":["a","b"]}]}',
            400,
            "bad_image",
        ),
        ("/v2/nothing", b"{}", 404, "not_found"),
    ],
)
def test_bad_requests_get_a_code(base_url: str, path: str, body: bytes, status: int, code: str) -> None:
    answer = httpx.post(base_url + path, content=body, headers={"Content-Type": "application/json"})
    assert (answer.status_code, answer.json()["code"]) == (status, code)


def test_a_head_cannot_be_a_path(base_url: str) -> None:
    pictures = [plain((250, 20, 20)), plain((20, 20, 250))]
    lesson = {"inputs": [texts("image", *pictures), texts("labels", "a", "b")], "parameters": {"head": "../out"}}
    answer = httpx.post(f"{base_url}/v2/models/photo-classifier/train", json=lesson)
    assert (answer.status_code, answer.json()["code"]) == (400, "bad_head")


def test_a_picture_bomb_is_refused_before_it_is_decoded(base_url: str) -> None:
    body = io.BytesIO()
    PillowImage.new("L", (9000, 9000)).save(body, "PNG")
    bomb = {"inputs": [texts("image", base64.b64encode(body.getvalue()).decode())]}
    answer = httpx.post(f"{base_url}/v2/models/saliency-box/infer", json=bomb, timeout=30)
    assert (answer.status_code, answer.json()["code"]) == (413, "image_too_large")


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Content-Type": "text/plain", "Content-Length": "2"}, 415),
        ({"Content-Type": "application/json"}, 411),
        ({"Content-Type": "application/json", "Content-Length": "99999999999"}, 413),
        ({"Content-Type": "application/json", "Content-Length": "-5"}, 411),
        ({"Content-Type": "application/json", "Content-Length": "2", "Host": "evil.example"}, 421),
    ],
)
def test_what_a_browser_or_a_glutton_sends_is_refused_unread(base_url: str, headers: dict[str, str], status: int) -> None:
    port = httpx.URL(base_url).port
    assert port
    lines = {"Host": f"127.0.0.1:{port}"} | headers
    head = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
    with socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
        connection.sendall(f"POST /v2/models/he-nuclei/infer HTTP/1.1\r\n{head}\r\n".encode())
        assert connection.recv(64).startswith(f"HTTP/1.1 {status} ".encode())


def test_it_stops_at_once_and_remembers_what_it_learnt(tmp_path: Path) -> None:
    pictures = [plain((250, 20, 20)), plain((20, 20, 250))]
    lesson = {"inputs": [texts("image", *pictures), texts("labels", "a", "b")], "parameters": {"head": "kept"}}
    with reference.running(tmp_path) as port:
        assert httpx.post(f"http://127.0.0.1:{port}/v2/models/photo-classifier/train", json=lesson).status_code == 200
    # Leaving waited until it had ended, for a few seconds at most.
    with reference.running(tmp_path) as port:
        assert httpx.get(f"http://127.0.0.1:{port}/v2/models/photo-classifier/heads/kept").json()["version"] == "1"
