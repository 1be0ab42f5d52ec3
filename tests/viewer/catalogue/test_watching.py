"""A watched folder: quiet files go in once, move on with a reason, and whatever happens half-way nothing is lost or doubled."""

import os
import random
import re
import shutil
import signal
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from tests.conftest import REPOSITORY
from tests.viewer.catalogue.conftest import Site
from tests.viewer.catalogue.test_batches import slices
from viewer.models import Collection, Image, Instance
from viewer.services.watching import Watch, WatchOptions, held
from viewer.services.window import ImportWindow


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "incoming"
    folder.mkdir()
    return folder


@pytest.fixture
def look(collection: Collection, root: Path) -> Callable[[], dict[str, int]]:
    """Look until nothing is left to become quiet; return what became of the files."""

    def _look() -> dict[str, int]:
        watch = Watch(root, collection, WatchOptions(quiet_s=0.05, language="en"))
        with held(root):
            while watch.look():
                time.sleep(0.06)
        return dict(watch.counts)

    return _look


def names(root: Path) -> set[str]:
    return {str(path.relative_to(root)) for path in root.rglob("*") if not path.is_dir() or path.is_symlink()}


@pytest.mark.django_db(transaction=True)
def test_files_move_on_with_their_folders_and_reasons(root: Path, look: Callable[[], dict[str, int]], shared_data: Path) -> None:
    slices(shared_data, root / "CT 1" / "series", 3)
    shutil.copy(shared_data / "photo/exif/grey.jpg", root / "写真.jpg")
    shutil.copy(shared_data / "malformed/dicom/truncated_35.dcm", root / "CT 1" / "cut.dcm")
    (root / ".half-written").write_bytes(b"x")
    assert look() == {"accepted": 4, "refused": 1}
    assert names(root) == {
        *(f"done/CT 1/series/1.2.3-000{number}.dcm" for number in range(3)),
        "done/写真.jpg",
        "refused/CT 1/cut.dcm",
        "refused/CT 1/cut.dcm.reason.txt",
        ".half-written",
    }
    assert re.match(r"(truncated|malformed): .+", (root / "refused/CT 1/cut.dcm.reason.txt").read_text())
    assert (root / "CT 1").is_dir(), "a device may go on writing there"
    shutil.copy(shared_data / "photo/exif/grey.jpg", root / "写真.jpg")
    shutil.copy(shared_data / "malformed/dicom/truncated_35.dcm", root / "CT 1" / "cut.dcm")
    assert look() == {"duplicate": 1, "refused": 1}
    assert names(root) >= {"done/写真.jpg", "done/2-写真.jpg", "refused/CT 1/2-cut.dcm", "refused/CT 1/2-cut.dcm.reason.txt"}
    assert Image.objects.count() == 2


@pytest.mark.django_db(transaction=True)
def test_a_file_is_left_alone_while_somebody_writes_to_it(collection: Collection, root: Path, shared_data: Path) -> None:
    content = (shared_data / "photo/exif/grey.jpg").read_bytes()
    watch = Watch(root, collection, WatchOptions(quiet_s=2.5))
    with (root / "grey.jpg").open("wb") as file:
        for start in range(0, len(content), len(content) // 8 + 1):
            file.write(content[start : start + len(content) // 8 + 1])
            file.flush()
            assert watch.look()
            time.sleep(0.1)
    assert not watch.counts
    time.sleep(2.6)
    watch.look()
    assert watch.counts == {"accepted": 1}


@pytest.mark.django_db(transaction=True)
def test_links_and_hostile_names_reach_nothing(root: Path, look: Callable[[], dict[str, int]], tmp_path: Path, shared_data: Path) -> None:
    secret = Path(shutil.copy(shared_data / "photo/exif/grey.jpg", tmp_path / "secret.jpg"))
    (tmp_path / "secrets").mkdir()
    shutil.copy(secret, tmp_path / "secrets" / "a.jpg")
    (root / "link.jpg").symlink_to(secret)
    (root / "folder").symlink_to(tmp_path / "secrets")
    (root / "real").mkdir()
    (root / "real" / "link.jpg").symlink_to(secret)
    (root / "real" / "inner").symlink_to(tmp_path / "secrets")
    with zipfile.ZipFile(tmp_path / "linked.zip", "w") as archive:
        archive.write(secret, "a.jpg")
    (root / "linked.zip").symlink_to(tmp_path / "linked.zip")
    os.mkfifo(root / "pipe")
    odd = ["line\nbreak.jpg", "x" * 251 + ".jpg", os.fsdecode(b"\xff\x1b[2J.txt"), "..jpg.", "-rf"]
    for name in odd:
        (root / "real" / name).write_bytes(b"no image")
    deep = root / "deep"
    for _ in range(100):
        deep = deep / "a"
    deep.mkdir(parents=True)
    (deep / "a.jpg").write_bytes(b"x")
    said = look()
    assert said.keys() == {"refused", "skipped"}
    assert not Instance.objects.exists()
    assert secret.is_file()
    assert (tmp_path / "secrets" / "a.jpg").is_file()
    refused = names(root / "refused")
    assert {"link.jpg", "folder", "real/link.jpg", "real/inner", "linked.zip", "pipe", "real/-rf", "deep.reason.txt"} <= refused
    assert all(path.startswith(("refused/", "real/..jpg")) for path in names(root))


@pytest.mark.django_db(transaction=True)
def test_an_archive_moves_when_all_its_files_have_results(root: Path, look: Callable[[], dict[str, int]], shared_data: Path) -> None:
    with zipfile.ZipFile(root / "good.zip", "w") as archive:
        archive.write(shared_data / "photo/exif/grey.jpg", "a.jpg")
    with zipfile.ZipFile(root / "mixed.zip", "w") as archive:
        archive.write(shared_data / "dicom/ct/CT_small.dcm", "ct/1.dcm")
        archive.writestr("ct/2.dcm", b"no image")
    assert look() == {"accepted": 2, "refused": 1}
    assert names(root) == {"done/good.zip", "refused/mixed.zip", "refused/mixed.zip.reason.txt"}
    assert (root / "refused/mixed.zip.reason.txt").read_text().startswith("ct/2.dcm: not_dicom: ")


@pytest.mark.django_db(transaction=True)
def test_a_medium_with_an_index_says_what_is_missing(root: Path, look: Callable[[], dict[str, int]], shared_data: Path) -> None:
    shutil.copytree(shared_data / "dicom/dicomdir", root / "cd", ignore=shutil.ignore_patterns("DICOMDIR-*"))
    missing = next(path for path in sorted((root / "cd").rglob("*")) if path.is_file() and path.name != "DICOMDIR")
    missing.unlink()
    look()
    assert (root / "done/cd/DICOMDIR").is_file()
    note = root / "refused" / missing.relative_to(root)
    assert note.with_name(note.name + ".reason.txt").read_text().startswith("dicomdir_missing: ")


@pytest.mark.django_db(transaction=True)
def test_when_the_disk_is_full_files_stay_and_are_tried_again(
    root: Path, collection: Collection, data_dir: Path, shared_data: Path
) -> None:
    shutil.copy(shared_data / "photo/exif/grey.jpg", root / "grey.jpg")
    (data_dir / "images").write_text("in the way")
    watch = Watch(root, collection, WatchOptions(quiet_s=0))
    watch.look()
    assert watch.look()
    assert names(root) == {"grey.jpg"}
    (data_dir / "images").unlink()
    watch._units["grey.jpg"].not_before_s = 0
    watch.look()
    assert names(root) == {"done/grey.jpg"}


@pytest.mark.django_db(transaction=True)
def test_done_is_never_a_way_out(root: Path, tmp_path: Path, collection: Collection) -> None:
    (tmp_path / "elsewhere").mkdir()
    (root / "done").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(CommandError, match="no folder"):
        call_command("watch", root, collection="ours", once=True)
    with pytest.raises(CommandError, match="Name a folder"):
        call_command("watch", root / "done", collection="ours", once=True)


@pytest.mark.django_db(transaction=True)
def test_a_folder_has_one_watcher(root: Path, collection: Collection) -> None:
    with held(root), pytest.raises(CommandError, match="Another process watches this folder"):
        call_command("watch", root, collection="ours", once=True)


@pytest.mark.long
@pytest.mark.parametrize("seed", [1, 2])
def test_a_killed_watcher_goes_on_and_doubles_nothing(seed: int, site: Site, root: Path, shared_data: Path) -> None:
    for number in range(3):
        slices(shared_data, root / f"case {number}", 60, series=f"1.2.{number + 1}")
    command = [sys.executable, "manage.py", "watch", str(root), "--collection", "ours", "--quiet", "0.2", "--once"]
    process = subprocess.Popen(command, cwd=REPOSITORY, env=site.environment(), stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    for _ in range(random.Random(seed).randrange(1, 120)):  # noqa: S311 -- any moment will do
        process.stderr.readline()
    process.kill()
    process.wait()
    process.stderr.close()
    again = site.manage(*command[2:])
    assert again.returncode == 0, again.stderr
    assert len(names(root / "done")) == 180
    assert names(root) == {f"done/{name}" for name in names(root / "done")}
    counted = site.run("from viewer.models import Image, Instance\nprint(Instance.objects.count(), Image.objects.count())")
    assert counted.split() == ["180", "3"]
    said = site.manage("watch", "--status").stdout
    assert "-> ours: stopped;" in said


def test_outside_its_hours_it_waits_says_so_and_can_be_stopped(site: Site, root: Path, shared_data: Path) -> None:
    shutil.copy(shared_data / "photo/exif/grey.jpg", root / "grey.jpg")
    hour = time.gmtime(time.time() + 9 * 3600).tm_hour  # in Tokyo
    window = f"{(hour + 2) % 24:02}:00-{(hour + 3) % 24:02}:00"
    environment = site.environment() | {"MITATE_IMPORT_WINDOW": window}
    command = [sys.executable, "manage.py", "watch", str(root), "--collection", "ours", "--quiet", "0.1"]
    process = subprocess.Popen(command, cwd=REPOSITORY, env=environment, stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stderr is not None
    assert "imports wait until" in process.stderr.readline()
    assert "waiting for the import window until 20" in site.manage("watch", "--status").stdout
    process.send_signal(signal.SIGTERM)
    assert process.communicate(timeout=20)[1].endswith("what was not taken is where it was.\n")
    assert process.returncode == 0
    assert names(root) == {"grey.jpg"}
    assert ImportWindow.parse(window).opens.hour == (hour + 2) % 24
