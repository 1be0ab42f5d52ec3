"""The catalogue in real processes with a database on disk: the command, uploads at once, a full quota."""

import json
import re
import resource
import subprocess
from pathlib import Path

import pydicom
import pytest

from tests.viewer.catalogue.conftest import Site, stored_files

AT_ONCE = """
import json
from concurrent.futures import ThreadPoolExecutor
from django.db import connections
from viewer.models import Collection, Image, Instance
from viewer.services.ingest import ingest_file
collection = Collection.objects.get()
def take(path):
    try:
        result = ingest_file(collection=collection, path_or_stream=path, name=path)
        return [result.status, result.code]
    finally:
        connections.close_all()
with ThreadPoolExecutor(8) as executor:
    results = list(executor.map(take, sys.argv[1:]))
images = [[i.kind, i.frame_count, i.revision, i.inspection["levels"].__len__(), i.instances.count(), i.digest] for i in Image.objects.all()]
print(json.dumps({"results": results, "images": images}))
"""


def at_once(site: Site, paths: list[Path]) -> tuple[list[list[str]], list[list[object]]]:
    answer = json.loads(site.run(AT_ONCE, *map(str, paths)))
    return answer["results"], answer["images"]


def test_slices_that_come_at_once_are_all_in_the_stack(site: Site, shared_data: Path) -> None:
    files = sorted((shared_data / "dicom/ct/ge_head_gantry_tilt").rglob("*.dcm"))
    results, images = at_once(site, files)
    assert results == [["accepted", ""]] * 28
    assert [image[:5] for image in images] == [["frames", 28, 28, 0, 28]]
    (manifest,) = (site.folder / "manifests").iterdir()
    content = json.loads(manifest.read_text())
    assert (content["revision"], len(content["source"]["paths"])) == (28, 28)
    headers = [pydicom.dcmread(path, stop_before_pixels=True) for path in content["source"]["paths"]]
    heights = [float(header.ImagePositionPatient[2]) for header in headers]
    assert heights in (sorted(heights), sorted(heights, reverse=True))


def test_levels_that_come_at_once_make_one_slide(site: Site, shared_data: Path) -> None:
    results, images = at_once(site, sorted((shared_data / "wsi/dicom/he_pyramid_jpeg").glob("level*.dcm")))
    assert results == [["accepted", ""]] * 3
    assert [image[:5] for image in images] == [["slide", 1, 3, 3, 3]]
    folders = {Path(name).parent.name for name in stored_files(site.folder) if name.startswith("images/")}
    assert len(folders) == 1


def test_the_same_file_at_once_is_accepted_once(site: Site, shared_data: Path) -> None:
    for path in ("photo/derm/ISIC_0000002.jpg", "dicom/ct/CT_small.dcm"):
        results, _ = at_once(site, [shared_data / path] * 6)
        assert sorted(results) == [["accepted", ""], *[["duplicate", ""]] * 5]
    assert len([name for name in stored_files(site.folder) if name.startswith("images/")]) == 2


def test_two_contents_of_one_sop_uid_at_once_give_one_instance(site: Site, shared_data: Path) -> None:
    folder = shared_data / "malformed/dicom"
    results, images = at_once(site, [folder / f"same_uid_two_patients_{n}.dcm" for n in (1, 2)])
    assert sorted(results) == [["accepted", ""], ["refused", "sop_uid_conflict"]]
    assert len(images) == 1


def ingest(site: Site, *arguments: object) -> subprocess.CompletedProcess[str]:
    return site.manage("ingest", *map(str, arguments))


@pytest.fixture
def folder(tmp_path: Path, shared_data: Path) -> Path:
    """A folder as it comes from a medium: good and bad files, an index, a hidden file, a pipe, odd names."""
    import os
    import shutil

    root = tmp_path / "medium"
    (root / "deep" / "er").mkdir(parents=True)
    (root / ".hidden").mkdir()
    shutil.copy(shared_data / "photo/exif/grey.jpg", root / "deep" / "er" / "写真.jpg")
    shutil.copy(shared_data / "photo/exif/grey.jpg", root / "deep" / "copy.jpg")
    shutil.copy(shared_data / "dicom/ct/CT_small.dcm", root / "IM0001")
    shutil.copy(shared_data / "dicom/dicomdir/DICOMDIR", root / "DICOMDIR")
    shutil.copy(shared_data / "malformed/dicom/truncated_35.dcm", root / "cut.dcm")
    (root / ".hidden" / "a.jpg").write_bytes(b"x")
    (root / ".DS_Store").write_bytes(b"x")
    Path(os.fsdecode(os.fsencode(root) + b"/\xff\x1b[2J.txt")).write_bytes(b"text")
    os.mkfifo(root / "pipe")
    (root / "loop").symlink_to(root)
    return root


def test_the_command_says_what_became_of_each_file(site: Site, folder: Path) -> None:
    done = ingest(site, folder, "--collection", "ours")
    assert done.returncode == 0, done.stderr
    lines = done.stdout.strip().splitlines()
    assert lines[-1] == "2 accepted, 1 duplicate, 3 refused, 2 skipped"
    by_name = {re.split(r" {2,}", line)[1].rpartition("/")[2]: line for line in lines[:-1]}
    assert by_name["IM0001"].startswith("accepted")
    assert "truncated: " in by_name["cut.dcm"] or "malformed: " in by_name["cut.dcm"]
    assert by_name["DICOMDIR"].startswith("refused")
    assert "dicomdir: " in by_name["DICOMDIR"]
    assert "hidden_file: " in by_name[".DS_Store"]
    assert "not_a_file: " in by_name["pipe"]
    assert "\x1b" not in done.stdout
    again = ingest(site, folder, "--collection", "ours")
    assert again.returncode == 0
    assert again.stdout.strip().endswith("0 accepted, 3 duplicate, 3 refused, 2 skipped")


def test_the_command_fails_when_no_file_went_in(site: Site, shared_data: Path) -> None:
    done = ingest(site, shared_data / "malformed/dicom/empty.dcm", "/no/such/file", "--collection", "ours")
    assert done.returncode == 1
    assert "empty_file" in done.stdout
    assert "unreadable_source" in done.stdout
    unknown = ingest(site, shared_data, "--collection", "nobodys")
    assert unknown.returncode == 1
    assert "ours" in unknown.stderr
    assert ingest(site, "--collection", "ours").returncode == 1


def test_a_full_quota_refuses_the_file_and_keeps_nothing_of_it(site: Site, shared_data: Path) -> None:
    def quota() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (512 << 10, 512 << 10))

    script = """
import json, signal
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
from viewer.models import Collection, Image
from viewer.services.ingest import ingest_file
results = [ingest_file(collection=Collection.objects.get(), path_or_stream=path, name=path) for path in sys.argv[1:]]
print(json.dumps([[r.status, r.code, r.http_status] for r in results] + [Image.objects.count()]))
"""
    large, small = shared_data / "wsi/aperio/CMU-1-Small-Region.svs", shared_data / "photo/exif/grey.jpg"
    answer = json.loads(site.run(script, str(large), str(small), preexec_fn=quota))
    assert answer == [["refused", "disk_full", 507], ["accepted", "", 201], 1]
    assert not list((site.folder / "incoming").iterdir())


def test_reconciling_removes_what_belongs_to_nothing_and_rewrites_manifests(site: Site, shared_data: Path) -> None:
    import os
    import time

    assert ingest(site, shared_data / "dicom/ct/ct-3slice", shared_data / "photo/exif/grey.jpg", "--collection", "ours").returncode == 0
    before = stored_files(site.folder)
    contents = {name: (site.folder / name).read_bytes() for name in before}
    lost, spoilt = (name for name in before if name.startswith("manifests/"))
    (site.folder / lost).unlink()
    (site.folder / spoilt).write_text('{"id": 1')
    images = next((site.folder / "images").iterdir())
    left_behind = [images / "f" / "orphan.dcm", site.folder / "incoming/dead/received", site.folder / "manifests/no-image.json"]
    for path in left_behind:
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"x")
    fresh = ingest(site, "--reconcile")
    assert fresh.stdout.strip().endswith("0 removed, 2 manifests rewritten, 0 missing")
    hours_ago = time.time() - 7200
    for path in (*left_behind, site.folder / "incoming/dead"):
        os.utime(path, (hours_ago, hours_ago))
    script = "from viewer.services.reconcile import reconcile\nfound = reconcile(settled_s=0)\nprint(len(found.removed))"
    assert site.run(script).strip() == "3"
    assert stored_files(site.folder) == before
    assert {name: (site.folder / name).read_bytes() for name in before} == contents
    (site.folder / next(name for name in before if name.startswith("images/"))).unlink()
    assert ingest(site, "--reconcile").stdout.strip().endswith("0 removed, 0 manifests rewritten, 1 missing")


def test_the_command_loads_no_pages(site: Site) -> None:
    run = """
from django.core.management import ManagementUtility
try:
    ManagementUtility(["manage.py", "ingest"]).execute()
except SystemExit as end:
    print(end.code, "viewer.management.commands.ingest" in sys.modules, "config.urls" in sys.modules)
"""
    assert site.run(run).split() == ["1", "True", "False"]
