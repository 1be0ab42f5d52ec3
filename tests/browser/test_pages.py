"""Every page in both languages: nothing on the console, nothing from elsewhere, and a picture to look at."""

import hashlib
import io
import json
import re
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy
import PIL.Image
import pytest
from playwright.sync_api import Page, expect

from annotation.exporters.registry import EXPORTERS
from tests.browser.conftest import Visit
from tests.browser.site import ROOT
from tests.browser.workbench import Workbench
from tests.waiting import wait_for

Begin = Callable[..., Visit]
Picture = Callable[[Page, str], None]
LANGUAGES = pytest.mark.parametrize("language", ["ja", "en"])
BROKEN = "photo/html_named.jpg"
# The modules that the page has announced, and those that it has fetched.
MODULES = """[[...document.querySelectorAll('link[rel=modulepreload]')].map((link) => link.href),
  performance.getEntriesByType('resource').map((one) => one.name).filter((name) => /\\.m?js$/.test(new URL(name).pathname)
    && !name.includes('/i18n.js?lang='))]"""
AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"


class Tour:
    """A walk through the pages as one person, with what is looked for on each."""

    def __init__(self, visit: Visit, language: str, take_picture: Picture) -> None:
        self.visit = visit
        self.page = visit.page
        self.language = language
        self.take_picture = take_picture

    def get(self, path: str) -> dict:
        """Ask the API as this person."""
        answer = self.page.request.get(f"{self.visit.site.url}{path}")
        assert answer.ok, (path, answer.status)
        return dict(answer.json())

    def see(self, path: str, name: str, *, status: int = 200) -> None:
        """Open a page and look at it."""
        answer = self.page.goto(f"{self.visit.site.url}{path}")
        assert answer is not None
        assert answer.status == status
        self.look(name, missing=status == 404)

    def look(self, name: str, *, missing: bool = False) -> None:
        """Look at the page that is open: its language, its console, a picture of it."""
        self.page.wait_for_load_state("networkidle")
        expect(self.page.locator("html")).to_have_attribute("lang", self.language)
        expect(self.page.locator("h1").first).to_be_visible()
        announced, loaded = self.page.evaluate(MODULES)
        assert set(announced) <= set(loaded), name  # the others come when they are asked for, or once the page is ready
        assert len(loaded) == len(set(loaded)), name
        self.take_picture(self.page, name)
        errors = [error for error in self.visit.errors if not (missing and "404" in error)]
        assert not errors, (name, errors)
        self.visit.errors.clear()


def tour(visit: Begin, language: str, take_picture: Picture, user: str | None) -> Tour:
    return Tour(visit(user, language), language, take_picture)


@LANGUAGES
def test_pages_of_everybody(visit: Begin, take_picture: Picture, language: str) -> None:
    stranger = tour(visit, language, take_picture, None)
    stranger.see("/login/", "login")
    stranger.page.fill("input[name=username]", "nobody")
    stranger.page.fill("input[name=password]", "wrong")
    stranger.page.press("input[name=password]", "Enter")
    expect(stranger.page.locator("[role=alert]")).to_be_visible()
    stranger.look("login-wrong")
    reader = tour(visit, language, take_picture, "jda-reader1")
    reader.see("/", "home-reader")
    reader.see("/no-such-page/", "not-found", status=404)
    reader.see("/password/", "password")


@LANGUAGES
def test_pages_of_an_admin(visit: Begin, take_picture: Picture, language: str) -> None:
    admin = tour(visit, language, take_picture, "jsp-admin")
    admin.see("/", "home-admin")
    admin.see("/collections/", "collections")
    collection = admin.get("/api/collections/")["collections"][0]["id"]
    admin.see(f"/collections/{collection}/", "collection")
    image = admin.get(f"/api/collections/{collection}/images/")["images"][0]["id"]
    admin.see(f"/images/{image}/", "image")
    admin.see("/campaigns/new/", "campaign-new")
    campaign = admin.get("/api/campaigns/")["overview"][0]["id"]
    admin.see(f"/campaigns/{campaign}/", "campaign")
    admin.see("/societies/jsp/members/", "members")
    admin.see("/endpoints/", "endpoints")


@LANGUAGES
def test_upload(visit: Begin, take_picture: Picture, shared_data: Path, tmp_path: Path, language: str) -> None:
    """A good file, the same again, and a broken one: each is told what became of it, and the rest goes on."""
    admin = tour(visit, language, take_picture, "jda-admin")
    collection = next(each["id"] for each in admin.get("/api/collections/")["collections"] if not each["name"].startswith("Clinic"))
    good, bad = fresh_photograph(tmp_path / f"lesion-{language}.png"), shared_data / "malformed" / BROKEN
    again = ROOT / "samples" / "dermatology" / "ISIC_0000000.jpg"
    before = len(admin.get(f"/api/collections/{collection}/images/")["images"])
    admin.see(f"/collections/{collection}/upload/", "upload")
    admin.page.set_input_files("#upload-files", [good, again, bad])
    expect(admin.page.locator("#upload-rows > li")).to_have_count(3)
    wait_for("three results", lambda: admin.page.locator("#upload-rows > li progress:visible").count() == 0)
    wait_for("one image more", lambda: len(admin.get(f"/api/collections/{collection}/images/")["images"]) == before + 1)
    reasons = admin.page.locator("#upload-rows > li").all_inner_texts()
    assert len(set(reasons)) == 3, reasons
    admin.visit.errors[:] = [error for error in admin.visit.errors if "422" not in error]
    admin.look("upload-results")


@LANGUAGES
def test_export_page(visit: Begin, take_picture: Picture, language: str) -> None:
    exporter = tour(visit, language, take_picture, "jsp-exporter")
    exporter.see("/", "home-exporter")
    campaign = exporter.get("/api/campaigns/")["overview"][0]["id"]
    exporter.see(f"/campaigns/{campaign}/", "campaign-exporter")
    buttons = exporter.page.locator(".export-list a[download]")
    expect(buttons).to_have_count(len(EXPORTERS))
    with exporter.page.expect_download() as started:
        buttons.first.click()
    check_archive(started.value.path().read_bytes())
    for button in buttons.all():  # a browser asks before its eleventh download in a row
        answer = exporter.page.request.get(f"{exporter.visit.site.url}{button.get_attribute('href')}")
        assert answer.ok
        check_archive(answer.body())


def check_archive(data: bytes) -> None:
    """Look whether an export is whole and its manifest true."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert archive.testzip() is None
        manifest = json.loads(archive.read("manifest.json"))
        assert {entry["name"] for entry in manifest["entries"]} | {"manifest.json"} == set(archive.namelist())
        for entry in manifest["entries"]:
            assert hashlib.sha256(archive.read(entry["name"])).hexdigest() == entry["sha256"]


@LANGUAGES
def test_an_export_that_would_lose_something_is_refused_on_the_page(visit: Begin, take_picture: Picture, language: str) -> None:
    exporter = tour(visit, language, take_picture, "jsp-exporter")
    page = exporter.page
    campaign = exporter.get("/api/campaigns/")["overview"][0]["id"]
    exporter.see(f"/campaigns/{campaign}/", "campaign-exporter")
    page.locator(".export-details summary").first.click()
    page.locator("input[name=require][value=holes]").check()
    voc, csv = (page.locator(f'.export-list a[href*="format={name}&"]') for name in ("voc", "csv"))
    expect(voc).to_have_attribute("aria-disabled", "true")
    voc.click(force=True)  # off for those who see it; a click by keyboard still gets an answer
    expect(page.locator("#notice .message-error")).to_be_visible()
    exporter.look("campaign-export-details")
    page.locator(".export-list").last.scroll_into_view_if_needed()
    exporter.look("campaign-export-formats")
    with page.expect_download() as started:
        csv.click()
    with zipfile.ZipFile(started.value.path()) as archive:
        assert "annotations.csv" in archive.namelist()
    expect(page.locator("#notice .message-success")).to_be_visible()


@LANGUAGES
def test_help_sheet(visit: Begin, take_picture: Picture, language: str) -> None:
    reader = tour(visit, language, take_picture, "jrs-reader2")
    bench = Workbench(reader.visit).take_next_from_home()
    bench.key("?")
    expect(bench.page.locator("dialog[open]")).to_be_visible()
    reader.look("help")
    bench.key("Escape")
    expect(bench.page.locator("dialog[open]")).to_have_count(0)
    reader.look("workbench")


@LANGUAGES
def test_from_a_new_collection_to_a_reader(visit: Begin, take_picture: Picture, tmp_path: Path, language: str) -> None:
    """An admin makes a collection, adds an image, makes a campaign of it and adds a reader, who finds the image."""
    admin = tour(visit, language, take_picture, "jda-admin")
    page, name = admin.page, f"Clinic {language}"
    admin.see("/collections/new/", "collection-new")
    page.fill("#name", name)
    page.press("#name", "Enter")
    page.wait_for_url("**/upload/")
    page.set_input_files("#upload-files", fresh_photograph(tmp_path / f"clinic-{language}.png"))
    wait_for("the image", lambda: admin.get(f"/api/collections/{page.url.split('/')[-3]}/images/")["images"])

    page.goto(f"{admin.visit.site.url}/campaigns/new/")
    page.locator("#collection").select_option(label=page.locator("#collection option", has_text=name).inner_text())
    page.fill("#reads-per-image", "0")
    page.fill("#name-en", "Second opinion")
    page.locator("#campaign-form .button-primary").click()
    expect(page.locator("#reads_per_image-error")).to_be_visible()
    assert all("422" in error or "400" in error for error in admin.visit.errors), admin.visit.errors
    admin.visit.errors.clear()
    page.fill("#reads-per-image", "1")
    expect(page.locator("#reads_per_image-error")).to_be_hidden()
    expect(page.locator("#is-blind")).to_be_hidden()
    page.fill("#reads-per-image", "2")
    expect(page.locator("#is-blind")).to_be_checked()
    admin.look("campaign-new-several")
    page.uncheck("#is-blind")
    page.locator("#campaign-form .button-primary").click()
    page.wait_for_url(re.compile(r"/campaigns/[0-9a-f-]{36}/$"))
    campaign = page.url.split("/")[-2]
    assert admin.get(f"/api/campaigns/{campaign}/progress/")["is_blind"] is False
    admin.look("campaign-made")
    choice = page.locator("#add-reader select")
    choice.select_option(label=choice.locator("option", has_text="読影者1").inner_text())
    page.locator("#add-reader button").click()
    expect(page.locator("#readers")).to_contain_text("読影者1")

    reader = visit("jda-reader1", language)
    claim = reader.page.request.get(f"{admin.visit.site.url}/api/campaigns/").json()["reading"]
    assert campaign in [each["id"] for each in claim]
    reader.page.goto(f"{admin.visit.site.url}/")
    expect(reader.page.locator("#reading")).to_contain_text("Second opinion")


def fresh_photograph(path: Path) -> Path:
    """Write a picture that nobody has uploaded before."""
    noise = numpy.random.default_rng(list(path.name.encode())).integers(0, 255, (120, 160, 3), dtype=numpy.uint8)
    PIL.Image.fromarray(noise).resize((640, 480)).save(path)
    return path


PAGES = {
    None: ["/login/"],
    "jsp-reader1": ["/", "/password/", "/no-such-page/"],
    "jsp-admin": [
        "/",
        "/collections/",
        "/collections/new/",
        "collection",
        "upload",
        "image",
        "/campaigns/new/",
        "campaign",
        "/societies/jsp/members/",
        "/societies/jsp/contributions/",
        "/contributions/",
        "/endpoints/",
        "/code-tables/",
    ],
    "jges-reader1": ["workbench"],
    "jda-reader1": ["workbench"],
}


@LANGUAGES
@pytest.mark.parametrize("user", PAGES)
def test_axe(visit: Begin, language: str, user: str | None) -> None:
    """Nothing that keeps people from using a page, by the rules of axe-core."""
    person = visit(user, language, bypass_csp=True)
    found: dict[str, list[str]] = {}
    for place in PAGES[user]:
        bench = Workbench(person)
        if place == "workbench":
            bench.take_next_from_home()
        else:
            person.page.goto(person.site.url + address_of(bench, place))
            person.page.wait_for_load_state("networkidle")
        person.page.evaluate(AXE.read_text("utf-8"))
        result = person.page.evaluate("axe.run(document, {resultTypes: ['violations']})")
        for violation in result["violations"]:
            if violation["impact"] in {"serious", "critical"}:
                nodes = [f"{node['target']} {node['failureSummary']}" for node in violation["nodes"][:5]]
                found.setdefault(place, []).append(f"{violation['id']}: {nodes}")
    assert not found, json.dumps(found, ensure_ascii=False, indent=1)


def address_of(bench: Workbench, place: str) -> str:
    """Return the address of a page, of which some carry ids."""
    if place.startswith("/"):
        return place
    if place == "campaign":
        return f"/campaigns/{bench.get('/api/campaigns/')['overview'][0]['id']}/"
    collection = bench.get("/api/collections/")["collections"][0]["id"]
    if place == "image":
        return f"/images/{bench.get(f'/api/collections/{collection}/images/')['images'][0]['id']}/"
    return f"/collections/{collection}/" + ("upload/" if place == "upload" else "")
