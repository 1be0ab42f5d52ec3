"""Taking many files into a collection by ``manage.py ingest``: DICOM instances of one examination, the same in a ZIP, and slides."""

import io
import os
import resource
import subprocess
import sys
import tempfile
import time
import zipfile
from pathlib import Path

import numpy
import pydicom
from pydicom.uid import generate_uid

from tests.browser.site import ROOT

_INSTANCES = int(os.environ.get("BENCH_INSTANCES", "10000"))
_SLICES = 100
_SLIDE_BYTES = 512 << 20
_SLIDES = 4
_CT = ROOT.parent / "shared" / "data" / "dicom" / "ct" / "CT_small.dcm"


def _write_instances(folder: Path) -> None:
    """Write CT series of 100 slices each, 128 x 128 px, 16 bits, no two files alike."""
    dataset = pydicom.dcmread(_CT)
    random = numpy.random.default_rng(1)
    study = generate_uid()
    for number in range(_INSTANCES):
        if number % _SLICES == 0:
            dataset.SeriesInstanceUID = generate_uid()
            dataset.SeriesNumber = number // _SLICES + 1
        dataset.StudyInstanceUID = study
        dataset.SOPInstanceUID = dataset.file_meta.MediaStorageSOPInstanceUID = generate_uid()
        dataset.InstanceNumber = number % _SLICES + 1
        dataset.ImagePositionPatient = [0, 0, number % _SLICES]
        dataset.PixelData = random.integers(0, 2000, (128, 128), dtype=numpy.int16).tobytes()
        dataset.save_as(folder / f"{number:05}.dcm")


def _write_zip(folder: Path, path: Path) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for each in sorted(folder.iterdir()):
            archive.write(each, each.name)


def _write_slides(folder: Path) -> None:
    """Write slides with a pyramid, of one JPEG tile again and again; no two files alike."""
    import PIL.Image  # noqa: PLC0415  # only here
    import tifffile  # noqa: PLC0415

    noise = numpy.random.default_rng(2).integers(0, 256, (512, 512, 3), dtype=numpy.uint8)
    buffer = io.BytesIO()
    PIL.Image.fromarray(noise).save(buffer, "JPEG", quality=95)
    tile = buffer.getvalue()
    # A pyramid holds a third more than its lowest level.
    side = 1 << (int((_SLIDE_BYTES * 0.75 / len(tile)) ** 0.5).bit_length() - 1)
    for number in range(_SLIDES):
        with tifffile.TiffWriter(folder / f"slide-{number}.tif", bigtiff=True) as writer:
            for level in range(side.bit_length()):
                columns = side >> level
                writer.write(
                    (tile for _ in range(columns * columns)),
                    shape=(columns * 512, columns * 512, 3),
                    dtype=numpy.uint8,
                    tile=(512, 512),
                    compression="jpeg",
                    photometric="rgb",
                    subfiletype=1 if level else 0,
                    software=f"bench {number}",
                )


def _manage(data: Path, *arguments: str) -> tuple[float, int, str]:
    """Run a command on a site of its own; return seconds, peak resident bytes of its main process, and what it said last."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("MITATE_")}
    environment |= {"MITATE_DATA_DIR": str(data), "DJANGO_SETTINGS_MODULE": "config.settings"}
    with (data / "said.log").open("wb") as said:
        began = time.perf_counter()
        process = subprocess.Popen([sys.executable, "manage.py", *arguments], cwd=ROOT, env=environment, stdout=said, stderr=said)
        _pid, status, usage = os.wait4(process.pid, 0)
        took = time.perf_counter() - began
    last = (data / "said.log").read_text("utf-8", "replace").strip().rpartition("\n")[2]
    assert os.waitstatus_to_exitcode(status) == 0, last
    assert isinstance(usage, resource.struct_rusage)
    return took, usage.ru_maxrss << 10, last


def _taken(name: str, data: Path, source: Path) -> tuple[str, str]:
    """Take a folder or an archive into a collection of its own and say how fast."""
    if source.is_file():
        count, size = 0, source.stat().st_size
        with zipfile.ZipFile(source) as archive:
            count = len(archive.infolist())
    else:
        files = list(source.iterdir())
        count, size = len(files), sum(each.stat().st_size for each in files)
    data.mkdir()
    _manage(data, "migrate", "-v0")
    make = "from viewer.services.collections import create_collection; create_collection(slug='bench', name='Bench')"
    _manage(data, "shell", "-c", make)
    took, peak, last = _manage(data, "ingest", str(source), "--collection", "bench")
    assert last.startswith(f"{count} accepted"), last
    return name, f"{took:.1f} s, {count / took:.0f} files/s, {size / took / 1e6:.0f} MB/s, peak {peak / (1 << 20):.0f} MiB"


def run() -> list[tuple[str, str]]:
    """Take in instances as a folder and as an archive, then slides, on SQLite."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        instances, slides, archive = folder / "instances", folder / "slides", folder / "instances.zip"
        instances.mkdir()
        slides.mkdir()
        _write_instances(instances)
        _write_zip(instances, archive)
        rows = [
            _taken(f"{_INSTANCES} CT instances, folder", folder / "data-1", instances),
            _taken(f"{_INSTANCES} CT instances, ZIP", folder / "data-2", archive),
        ]
        _write_slides(slides)
        size = next(slides.iterdir()).stat().st_size
        rows.append(_taken(f"{_SLIDES} slides of {size >> 20} MiB", folder / "data-3", slides))
    return rows
