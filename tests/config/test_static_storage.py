"""Static files: how they are named and how they are sent."""

import gzip
import re
from pathlib import Path

import pytest
from django.core.management import call_command
from django.http import HttpResponse
from django.test import RequestFactory

from config.static_middleware import StaticFilesMiddleware

ROOT = Path(__file__).resolve().parents[2]
IMPORT = re.compile(r"""(?:\b(?:import|export)\b[^'";]*\bfrom\s*|\bimport\s*|\bimport\()['"](\.[^'"]+)['"]""")


@pytest.fixture
def collected(tmp_path: Path, settings: object) -> Path:
    """All static files under their hashed names, as a site serves them."""
    settings.STATIC_ROOT = tmp_path  # type: ignore[attr-defined]
    settings.STORAGES = {**settings.STORAGES, "staticfiles": {"BACKEND": "config.static_storage.ModuleStorage"}}  # type: ignore[attr-defined]
    call_command("collectstatic", interactive=False, verbosity=0)
    return tmp_path


def test_every_module_imports_hashed_names_that_exist(collected: Path) -> None:
    modules = [path for path in collected.glob("js/**/*.js") if re.search(r"\.[0-9a-f]{12}\.js$", path.name)]
    assert len(modules) > 50
    targets = {}
    for module in modules:
        for target in IMPORT.findall(module.read_text("utf-8")):
            targets[(module.name, target)] = (module.parent / target).resolve()
    assert any(name.startswith("actions.") and "simplify_dialog" in target for name, target in targets), "what is fetched on demand"
    missing = [key for key, path in targets.items() if not path.is_file()]
    unhashed = [key for key, path in targets.items() if not re.search(r"\.[0-9a-f]{12}\.m?js$", path.name)]
    doubled = [key for key in targets if re.search(r"\.([0-9a-f]{12})\.\1\.", key[1])]
    assert (missing, unhashed, doubled) == ([], [], [])


def test_modules_travel_without_comments(collected: Path) -> None:
    served, written = collected / "js" / "annotation" / "store.js", ROOT / "static" / "js" / "annotation" / "store.js"
    assert "/**" in written.read_text("utf-8")
    text = served.read_text("utf-8")
    assert "/**" not in text
    assert "export class Store" in text
    assert len(gzip.compress(text.encode())) < 0.6 * len(gzip.compress(written.read_bytes()))
    bundle = Path("vendor") / "ol.mjs"
    assert (collected / bundle).read_bytes() == (ROOT / "static" / bundle).read_bytes()


def test_files_are_sent_whole_in_part_and_not_again(collected: Path) -> None:
    source = (collected / "css" / "tokens.css").read_bytes()
    server = StaticFilesMiddleware(lambda _: HttpResponse(status=404))
    get = RequestFactory().get
    whole = server(get("/static/css/tokens.css"))
    assert (whole.status_code, whole.content) == (200, source)
    assert (whole["Content-Type"], whole["Content-Length"]) == ('text/css; charset="utf-8"', str(len(source)))
    assert not whole.streaming
    packed = server(get("/static/css/tokens.css", headers={"Accept-Encoding": "gzip"}))
    assert (packed["Content-Encoding"], gzip.decompress(packed.content)) == ("gzip", source)
    part = server(get("/static/css/tokens.css", headers={"Range": "bytes=3-9"}))
    assert (part.status_code, part.content) == (206, source[3:10])
    again = server(get("/static/css/tokens.css", headers={"If-Modified-Since": whole["Last-Modified"]}))
    assert (again.status_code, again.content) == (304, b"")
    assert server(get("/static/css/none.css")).status_code == 404
    assert server(RequestFactory().post("/static/css/tokens.css")).status_code == 405
