import json
from typing import Any

from config.body_limit import ORDINARY_BYTES, PART_BYTES, BodyLimit

UPLOAD = "/api/collections/00000000-0000-0000-0000-000000000000/uploads/"
STORE = "/dicomweb/collections/00000000-0000-0000-0000-000000000000/studies"
CELLS = "/api/campaigns/00000000-0000-0000-0000-000000000000/images/00000000-0000-0000-0000-000000000000/cell-layers/"
SESSION = (b"cookie", b"django_language=ja; sessionid=0123456789abcdefghij")


async def _swallow(scope: Any, receive: Any, send: Any) -> None:
    """Read the whole body as Django does, then answer with how much came."""
    taken = 0
    while True:
        message = await receive()
        taken += len(message.get("body", b""))
        if not message.get("more_body"):
            break
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": str(taken).encode()})


async def _ask(
    path: str, body_bytes: int, headers: list[tuple[bytes, bytes]], *, stated: bool = True, limit: int = 64 << 20
) -> tuple[int, bytes, int]:
    """Send a body of a size; return status, answer and how many bytes the server was willing to take."""
    left, taken = body_bytes, 0
    answers: list[Any] = []

    async def receive() -> dict[str, Any]:
        nonlocal left, taken
        piece = min(left, 1 << 20)
        left -= piece
        taken += piece
        return {"type": "http.request", "body": b"x" * piece, "more_body": left > 0}

    async def send(message: Any) -> None:
        answers.append(message)

    stated_length = [(b"content-length", str(body_bytes).encode())] if stated else []
    scope = {"type": "http", "method": "POST", "path": path, "headers": [*headers, *stated_length]}
    await BodyLimit(_swallow, upload_bytes=limit)(scope, receive, send)
    return answers[0]["status"], answers[-1]["body"], taken


async def test_ordinary_requests_pass() -> None:
    assert await _ask("/api/reads/", 1000, []) == (200, b"1000", 1000)


async def test_a_stranger_cannot_fill_the_disk_through_the_upload_address() -> None:
    status, body, taken = await _ask(UPLOAD, ORDINARY_BYTES + 1, [])
    assert (status, taken) == (413, 0)
    assert json.loads(body)["error"]["code"] == "too_large"


async def test_a_body_without_a_stated_length_is_cut_off_while_it_comes() -> None:
    status, _body, taken = await _ask(UPLOAD, 50 << 20, [], stated=False)
    assert status == 413
    assert taken <= ORDINARY_BYTES + (1 << 20)


async def test_somebody_with_a_session_may_send_a_file_to_a_collection_and_nowhere_else() -> None:
    assert (await _ask(UPLOAD, 8 << 20, [SESSION]))[0] == 200
    assert (await _ask(CELLS, 8 << 20, [SESSION]))[0] == 200
    assert (await _ask("/api/campaigns/", 8 << 20, [SESSION]))[0] == 413
    assert (await _ask(UPLOAD, 70 << 20, [SESSION]))[0] == 413


async def test_a_part_of_an_upload_may_be_a_part_only() -> None:
    part = f"{UPLOAD}tus/00000000-0000-0000-0000-000000000000/"
    assert (await _ask(part, PART_BYTES, [SESSION]))[0] == 200
    assert (await _ask(part, PART_BYTES + 1, [SESSION]))[0] == 413
    assert (await _ask(part, PART_BYTES, []))[0] == 413


async def test_instances_are_taken_below_their_own_address() -> None:
    for path in (STORE, f"{STORE}/1.2.3"):
        assert (await _ask(path, 5 << 20, [SESSION]))[0] == 200
        assert (await _ask(path, 5 << 20, []))[0] == 413
    assert (await _ask("/dicomweb/studies", 5 << 20, [SESSION]))[0] == 413


async def test_files_of_marks_and_tables_of_codes_are_uploads_too() -> None:
    for path in ("/api/campaigns/00000000-0000-0000-0000-000000000000/imports/", "/api/code-tables/"):
        size = ORDINARY_BYTES + 1
        assert await _ask(path, size, [SESSION]) == (200, str(size).encode(), size)
        assert (await _ask(path, size, []))[0] == 413
