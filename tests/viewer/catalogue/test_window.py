"""Imports by the clock: across midnight, in the site's time zone, waiting between files."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from threading import Event
from zoneinfo import ZoneInfo

import pytest
from django.core.management import CommandError, call_command
from pydantic import ValidationError

from config.env import Env
from tests.annotation.marking.conftest import database_for_threads  # noqa: F401  # a fixture
from viewer.models import Collection
from viewer.services.imports import import_files
from viewer.services.sources import Found
from viewer.services.window import ImportWindow, wait_until_open

TOKYO = ZoneInfo("Asia/Tokyo")


def at(clock: str, day: int = 10) -> datetime:
    hour, minute = clock.split(":")
    return datetime(2026, 11, day, int(hour), int(minute), tzinfo=TOKYO).astimezone(ZoneInfo("UTC"))


@pytest.mark.parametrize(
    ("window", "clock", "is_open"),
    [
        ("20:00-06:00", "20:00", True),
        ("20:00-06:00", "23:59", True),
        ("20:00-06:00", "00:00", True),
        ("20:00-06:00", "05:59", True),
        ("20:00-06:00", "06:00", False),
        ("20:00-06:00", "19:59", False),
        ("12:00-13:00", "12:30", True),
        ("12:00-13:00", "13:00", False),
        ("00:00-23:59", "23:59", False),
    ],
)
def test_a_window_is_open_by_the_clock_of_the_site(window: str, clock: str, *, is_open: bool) -> None:
    assert ImportWindow.parse(window).is_open(at(clock)) is is_open


def test_the_next_opening_is_today_or_tomorrow() -> None:
    window = ImportWindow.parse("20:00-06:00")
    assert window.opens_after(at("07:30")) == at("20:00")
    assert window.opens_after(at("20:00")) == at("20:00", day=11)
    assert window.opens_after(at("07:30")).tzinfo is not None
    assert window.opens_after(at("07:30")).hour == 20


@pytest.mark.parametrize("written", ["20-6", "24:00-06:00", "20:00 - 06:00", "20:60-06:00", "20:00-20:00", "２０:００-06:00"])
def test_what_is_no_window_is_refused_at_the_start(written: str) -> None:
    with pytest.raises(ValidationError, match="import_window"):
        Env(import_window=written)
    assert Env(import_window="20:00-06:00").import_window == "20:00-06:00"


def ticking(start: datetime, step: timedelta) -> Iterator[datetime]:
    while True:
        yield start
        start += step


def test_it_waits_until_it_opens_and_tells_once(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    told: list[datetime] = []
    clock = ticking(at("19:59"), timedelta(seconds=59.99))
    window = ImportWindow.parse("20:00-06:00")
    assert wait_until_open(window, stop=Event(), told=told.append, now=lambda: next(clock))
    assert told == [at("20:00")]
    assert [record.message for record in caplog.records] == ["imports wait until 2026-11-10T20:00+09:00", "imports go on"]
    stop = Event()
    stop.set()
    assert not wait_until_open(window, stop=stop, now=lambda: at("12:00"))


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("collection", "database_for_threads")  # in this order: several batches are stored at once
def test_an_import_under_way_waits_between_files(collection: Collection, shared_data: Path) -> None:
    paths = sorted((shared_data / "photo/exif").iterdir())
    batches = [Found(path) for path in paths for _ in range(20)]
    seen: list[int] = []
    results = import_files(collection=collection, found=iter(batches), language="en", before_each=lambda: seen.append(1))
    assert len(list(results)) == len(batches)
    assert len(seen) == -(-len(batches) // 64)


@pytest.mark.django_db
def test_the_command_needs_hours_to_keep_to(collection: Collection, shared_data: Path) -> None:
    with pytest.raises(CommandError, match="MITATE_IMPORT_WINDOW"):
        call_command("ingest", shared_data / "photo/exif/grey.jpg", collection="ours", in_window=True)
