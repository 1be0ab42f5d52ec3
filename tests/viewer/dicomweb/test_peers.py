"""Programs of others against a live server, unchanged: dicomweb-client."""

import io
from collections.abc import Iterator
from pathlib import Path

import pydicom
import pytest
from dicomweb_client import DICOMwebClient
from PIL import Image as Picture

from tests.viewer.dicomweb.live import FOLDERS, inbox_of, live_site, signed_in


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory, shared_data: Path) -> Iterator[str]:
    """The address of a live site."""
    with live_site(tmp_path_factory.mktemp("served"), shared_data) as address:
        yield address


@pytest.fixture
def client(served: str) -> Iterator[DICOMwebClient]:
    """A client with a session."""
    with signed_in(served) as session:
        yield DICOMwebClient(f"{served}/dicomweb", session=session)


def fetched(client: DICOMwebClient, uri: str) -> bytes:
    """The first part of bulk data. The client's Host header leaves the port out, and so do the addresses that are made from it."""
    return bytes(client.retrieve_bulkdata(f"{client.base_url}{uri.split('/dicomweb')[1]}")[0])


@pytest.mark.parametrize("modality", FOLDERS)
def test_dicomweb_client(client: DICOMwebClient, shared_data: Path, modality: str) -> None:
    (series, *_) = client.search_for_series(search_filters={"Modality": modality})
    study_uid, series_uid = series["0020000D"]["Value"][0], series["0020000E"]["Value"][0]
    instances = client.search_for_instances(study_uid, series_uid)
    metadata = client.retrieve_series_metadata(study_uid, series_uid)
    headers = [pydicom.Dataset.from_json(each, lambda tag, vr, uri: fetched(client, uri)) for each in metadata]
    assert {each["00080018"]["Value"][0] for each in instances} == {str(each.SOPInstanceUID) for each in headers}
    originals = {pydicom.dcmread(path).pixel_array.tobytes() for path in sorted((shared_data / FOLDERS[modality]).glob("*"))}
    for header in headers:
        uids = (study_uid, series_uid, str(header.SOPInstanceUID))
        (whole,) = [client.retrieve_instance(*uids)]
        assert whole.pixel_array.tobytes() in originals
        stored = client.retrieve_instance_frames(*uids, [1])
        native = client.retrieve_instance_frames(*uids, [1], media_types=(("application/octet-stream", "1.2.840.10008.1.2.1"),))
        first = whole.pixel_array if int(header.get("NumberOfFrames", 1)) == 1 else whole.pixel_array[0]
        assert (len(stored), len(native), len(native[0])) == (1, 1, first.nbytes)
        assert header.PixelData == stored[0]
        picture = Picture.open(io.BytesIO(client.retrieve_instance_frames_rendered(*uids, [1], media_types=("image/png",))))
        assert picture.size == (header.Columns, header.Rows)


def test_dicomweb_client_fetches_whole_studies_and_pages(client: DICOMwebClient) -> None:
    studies = client.search_for_studies(get_remaining=True, limit=2)
    assert len(studies) == len(client.search_for_studies()) >= len(FOLDERS)
    for study in studies:
        uid = study["0020000D"]["Value"][0]
        count = study["00201208"]["Value"][0]
        assert len(client.retrieve_study_metadata(uid)) == count
        assert len(list(client.iter_study(uid))) == count


def test_dicomweb_client_stores(served: str, shared_data: Path) -> None:
    path = shared_data / "dicom" / "op" / "fundus_rgb_jpeg.dcm"
    instance, broken = pydicom.dcmread(path), pydicom.dcmread(shared_data / "malformed/dicom/huge_rows_columns.dcm")
    with signed_in(served) as session:
        client = DICOMwebClient(inbox_of(session, served), session=session)
        for study in (None, instance.StudyInstanceUID):
            answer = client.store_instances([instance], study_instance_uid=study)
            (stored,) = answer.ReferencedSOPSequence
            assert stored.ReferencedSOPInstanceUID == instance.SOPInstanceUID
        assert client.store_instances([instance, broken]).FailedSOPSequence[0].FailureReason == 0xC000
        uids = stored.RetrieveURL.split("/dicomweb/")[1].split("/")[1::2]
        whole = DICOMwebClient(f"{served}/dicomweb", session=session).retrieve_instance(*uids)
    assert whole.PixelData == instance.PixelData
