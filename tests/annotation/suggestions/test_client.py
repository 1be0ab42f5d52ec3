"""The client against a server that does everything wrong: each ends as a typed error within its limit."""

import time
from collections.abc import Iterator

import pytest

from annotation.suggestions.client import EndpointClient, InferAnswer
from annotation.suggestions.crops import Crop
from annotation.suggestions.errors import EndpointError
from annotation.suggestions.limits import Limits
from annotation.suggestions.proposals import Asked, Reading, read_answer
from annotation.suggestions.tensors import texts_input
from tests.annotation.suggestions import hostile

LIMITS = Limits(connect_s=0.5, total_s=1.5)
# For what ends by itself: a busy machine may take its time to find out what is wrong.
PATIENT = Limits(connect_s=15, total_s=15)
# Well before the server would do anything by itself, after 20 s and more.
ALLOWANCE_S = 12.0
CROP = Crop(x=100, y=200, width=64, height=64, out_width=64, out_height=64)
ASKED = Asked(
    task="segment", granularity="cell", label_map={"nucleus": "CELL"}, codes=frozenset({"CELL"}), crop=CROP, width=1000, height=1000
)


@pytest.fixture(scope="module")
def server() -> Iterator[hostile.Hostile]:
    with hostile.running() as running:
        yield running


def client(server: hostile.Hostile, how: str, limits: Limits = LIMITS) -> EndpointClient:
    return EndpointClient(f"http://127.0.0.1:{server.port}/{how}", allowed_hosts=[f"127.0.0.1:{server.port}"], limits=limits)


def infer(server: hostile.Hostile, how: str, limits: Limits = LIMITS) -> InferAnswer:
    return client(server, how, limits).infer("m", [texts_input("image", ["x" * 1000])], {"mpp": 0.5})


def read(server: hostile.Hostile, how: str, limits: Limits = LIMITS) -> Reading:
    return read_answer(ASKED, infer(server, how, limits).outputs, limits)


@pytest.mark.parametrize(
    ("how", "code"),
    [
        ("never", "endpoint_timeout"),
        ("slow-head", "endpoint_timeout"),
        ("slow-body", "endpoint_timeout"),
        ("hang-up", "endpoint_bad_answer"),
        ("reset", "endpoint_unreachable"),
        ("not-http", "endpoint_bad_answer"),
        ("cut-off", "endpoint_bad_answer"),
        ("hundred-megabytes", "endpoint_too_large"),
        ("endless-chunks", "endpoint_too_large"),
        ("gzip-bomb", "endpoint_too_large"),
        ("gzip-broken", "endpoint_bad_answer"),
        ("brotli", "endpoint_bad_answer"),
        ("redirect", "endpoint_redirect"),
        ("refused", "endpoint_refused"),
        ("missing", "endpoint_refused"),
        ("server-error", "endpoint_refused"),
        ("busy", "endpoint_not_ready"),
        ("html", "endpoint_bad_answer"),
        ("list", "endpoint_bad_answer"),
        ("deep", "endpoint_bad_answer"),
        ("doubled-key", "endpoint_bad_answer"),
        ("nan", "endpoint_bad_answer"),
        ("infinite", "endpoint_bad_answer"),
        ("long-number", "endpoint_bad_answer"),
        ("large-number", "endpoint_bad_answer"),
        ("truth-value", "endpoint_bad_answer"),
        ("text-for-number", "endpoint_bad_answer"),
        ("wrong-count", "endpoint_bad_answer"),
        ("negative-shape", "endpoint_bad_answer"),
        ("huge-shape", "endpoint_too_large"),
        ("unknown-type", "endpoint_bad_answer"),
        ("integer-overflow", "endpoint_bad_answer"),
        ("same-name-twice", "endpoint_bad_answer"),
        ("no-outputs", "endpoint_bad_answer"),
        ("version-is-a-list", "endpoint_bad_answer"),
        ("missing-tensor", "endpoint_bad_answer"),
        ("score-of-two", "endpoint_bad_answer"),
        ("bad-offsets", "endpoint_bad_answer"),
        ("many-shapes", "endpoint_too_large"),
    ],
)
def test_what_is_wrong_is_a_typed_error_in_time(server: hostile.Hostile, how: str, code: str) -> None:
    before = time.monotonic()
    with pytest.raises(EndpointError) as caught:
        read(server, how, LIMITS if code == "endpoint_timeout" else PATIENT)
    assert caught.value.code == code
    assert code != "endpoint_timeout" or time.monotonic() - before < LIMITS.total_s + ALLOWANCE_S
    assert hostile.SECRET not in str(caught.value)


@pytest.mark.parametrize("how", ["endless-continue", "endless-head"])
def test_a_head_without_end_ends(server: hostile.Hostile, how: str) -> None:
    before = time.monotonic()
    with pytest.raises(EndpointError) as caught:
        infer(server, how)
    assert caught.value.code in {"endpoint_timeout", "endpoint_bad_answer"}
    assert time.monotonic() - before < LIMITS.total_s + ALLOWANCE_S


def test_a_redirect_is_not_followed(server: hostile.Hostile) -> None:
    server.requests.clear()
    with pytest.raises(EndpointError):
        infer(server, "redirect")
    assert [line.split(" ")[1] for line in server.requests] == ["/redirect/v2/models/m/infer"]


def test_bad_shapes_are_dropped_and_counted_and_good_ones_are_placed(server: hostile.Hostile) -> None:
    reading = read(server, "bad-shapes")
    assert reading.dropped == 6
    (proposal,) = reading.proposals
    assert proposal.label == "CELL"
    assert proposal.shape is not None
    assert proposal.shape.bounds == (110.0, 210.0, 130.0, 230.0)
    assert proposal.uncertainty == 1.0


def test_labels_that_the_campaign_does_not_know_are_dropped(server: hostile.Hostile) -> None:
    assert read(server, "all-wrong-labels") == Reading([], 1)


@pytest.mark.parametrize("how", ["fine", "gzip-fine"])
def test_a_good_answer_is_taken_packed_or_not(server: hostile.Hostile, how: str) -> None:
    assert infer(server, how).model_version == "1"
    assert [proposal.score for proposal in read(server, how).proposals] == [0.9]


def test_nothing_listens() -> None:
    lonely = EndpointClient("http://127.0.0.1:1", allowed_hosts=["127.0.0.1:1"], limits=LIMITS)
    with pytest.raises(EndpointError) as caught:
        lonely.check_ready("m")
    assert caught.value.code == "endpoint_unreachable"


def test_a_model_name_cannot_climb(server: hostile.Hostile) -> None:
    server.requests.clear()
    with pytest.raises(EndpointError) as caught:
        client(server, "fine").check_ready("..")
    assert caught.value.code == "endpoint_bad_url"
    client(server, "fine").model("../../inner?x#y")
    assert server.requests == ["GET /fine/v2/models/..%2F..%2Finner%3Fx%23y HTTP/1.1"]


def test_an_answer_at_the_limit_is_cut_by_the_client_not_by_the_server(server: hostile.Hostile) -> None:
    small = client(server, "fine", Limits(answer_bytes=64))
    with pytest.raises(EndpointError) as caught:
        small.infer("m", [texts_input("image", [])], {})
    assert caught.value.code == "endpoint_too_large"
