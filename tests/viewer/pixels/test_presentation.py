"""What is made of a presentation state: points, windows, greys and shutters in the viewer's own units."""

import base64
import io
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
import pytest
from PIL import Image

from tests.viewer.presentation_files import dataset, graphic, image_reference, write_state
from viewer.readers import errors
from viewer.tiles.pool import PixelPool


@pytest.fixture
def read(tmp_path: Path, pool: PixelPool, shared_data: Path) -> Any:
    """Write a state for one CT slice and read it as an upload is read."""

    def _read(**elements: Any) -> dict[str, Any]:
        path = write_state(tmp_path / "state.dcm", [shared_data / "dicom/ct/CT_small.dcm"], **elements)
        found = pool.inspect(str(path))
        assert (found["kind"], found["modality"]) == ("presentation", "PR")
        return dict(found["presentation"])

    return _read


def words(values: Any) -> bytes:
    return np.asarray(values).astype("<u2").tobytes()


def annotation(*shapes: Any, **more: Any) -> Any:
    return dataset(GraphicLayer="L", **({"GraphicObjectSequence": list(shapes)} if shapes else {}), **more)


def test_a_real_state_with_bitmaps_of_its_own(pool: PixelPool, shared_data: Path) -> None:
    path = shared_data / "dicom/pr/prOverlay.dcm"
    found = pool.inspect(str(path))["presentation"]
    assert (found["label"], found["description"], found["unsupported"]) == ("OVLY_P01", "six overlays", [])
    assert found["references"] == [{"uid": "1.2.276.0.7230010.3.200.12.1.1", "frames": None}]
    assert (found["inverse"], found["image_overlays"]) == (False, True)
    header = pydicom.dcmread(path)
    assert len(found["overlays"]) == 2
    for drawn, group in zip(found["overlays"], (0x6008, 0x600A), strict=True):
        picture = np.asarray(Image.open(io.BytesIO(base64.b64decode(drawn["png"]))))
        assert (picture == header.overlay_array(group)).all()
        assert picture.any()


def test_nobody_is_named(read: Any) -> None:
    text = repr(read())
    assert "Yamada" not in text
    assert "Suzuki" not in text


def test_windows_tables_and_polarity(read: Any, shared_data: Path) -> None:
    slice_ = image_reference(shared_data / "dicom/ct/CT_small.dcm")
    table = dataset(LUTDescriptor=[4, 0, 8], LUTData=words([0, 85, 170, 255]), LUTExplanation="steps")
    found = read(
        SoftcopyVOILUTSequence=[
            dataset(WindowCenter=[40, 1], WindowWidth=[400, 2], ReferencedImageSequence=[slice_]),
            dataset(VOILUTSequence=[table]),
            dataset(WindowCenter="1024", WindowWidth="4096", VOILUTFunction="SIGMOID"),
        ],
        RescaleSlope=2,
        RescaleIntercept=-1000,
        RescaleType="HU",
        PresentationLUTShape="INVERSE",
    )
    assert found["modality"] == {"slope": 2.0, "intercept": -1000.0}
    assert found["inverse"] is True
    first, second, third = found["voi"]
    assert first["images"][0]["uid"] == str(slice_.ReferencedSOPInstanceUID)
    assert (first["window"]["center"], first["window"]["width"]) == (40.0, 400.0)
    assert second["images"] is None
    assert second["window"]["table"]["first"] == 0
    assert list(base64.b64decode(second["window"]["table"]["levels"])) == [0, 85, 170, 255]
    assert third["window"]["function"] == "SIGMOID"


def test_a_presentation_lut_becomes_256_greys(read: Any) -> None:
    data = words(np.rint(np.linspace(0, 1, 512) ** 2 * 4095))
    found = read(PresentationLUTSequence=[dataset(LUTDescriptor=[512, 0, 12], LUTData=data)])
    assert found["inverse"] is False
    assert len(found["greys"]) == 256
    assert (found["greys"][0], found["greys"][255]) == (0, 255)
    assert abs(found["greys"][128] - 255 * (128 / 255) ** 2) <= 1.5


def area(first: tuple[int, int], last: tuple[int, int], size_mode: str = "SCALE TO FIT", **more: Any) -> Any:
    corners = {"DisplayedAreaTopLeftHandCorner": list(first), "DisplayedAreaBottomRightHandCorner": list(last)}
    return dataset(**corners, PresentationSizeMode=size_mode, **more)


@pytest.mark.parametrize(
    ("rotation", "first", "last", "on_screen", "in_image"),
    [
        (0, (11, 21), (60, 120), (0.0, 0.0), [10.0, 20.0]),
        (0, (11, 21), (60, 120), (0.5, 0.25), [35.0, 45.0]),
        # Turned by 90 degrees clockwise the bottom left of the image lies at the top left of the screen, whose x runs up the image.
        (90, (1, 128), (128, 1), (0.0, 0.0), [0.0, 128.0]),
        (90, (1, 128), (128, 1), (1.0, 0.0), [0.0, 0.0]),
        (90, (1, 128), (128, 1), (0.0, 1.0), [128.0, 128.0]),
        (180, (128, 128), (1, 1), (0.25, 0.5), [96.0, 64.0]),
        (270, (128, 1), (1, 128), (0.0, 0.0), [128.0, 0.0]),
        (270, (128, 1), (1, 128), (0.0, 1.0), [0.0, 0.0]),
    ],
)
def test_points_on_the_screen_become_points_of_the_image(
    *,
    read: Any,
    rotation: int,
    first: tuple[int, int],
    last: tuple[int, int],
    on_screen: tuple[float, float],
    in_image: list[float],
) -> None:
    found = read(
        DisplayedAreaSelectionSequence=[area(first, last)],
        ImageRotation=rotation,
        ImageHorizontalFlip="N",
        GraphicAnnotationSequence=[annotation(graphic("POINT", *on_screen, units="DISPLAY"), graphic("POINT", 3.5, 4.5))],
    )
    assert found["rotation"] == rotation
    shapes = found["graphics"][0]["shapes"]
    assert shapes[0]["points"] == [in_image]
    assert shapes[1]["points"] == [[3.5, 4.5]]


def test_shapes_texts_and_layers(read: Any) -> None:
    text = dataset(
        UnformattedTextValue="所見あり\r\nlesion 3",
        BoundingBoxAnnotationUnits="PIXEL",
        AnchorPointAnnotationUnits="PIXEL",
        BoundingBoxTopLeftHandCorner=[10.0, 20.0],
        BoundingBoxBottomRightHandCorner=[60.0, 40.0],
        AnchorPoint=[64.0, 64.0],
        AnchorPointVisibility="Y",
    )
    upper = annotation(graphic("CIRCLE", 50, 50, 60, 50), graphic("ELLIPSE", 10, 20, 30, 20, 20, 15, 20, 25), TextObjectSequence=[text])
    lower = dataset(GraphicLayer="LOW", GraphicObjectSequence=[graphic("POLYLINE", 1, 1, 5, 5, 5, 1, filled="Y")])
    found = read(
        SpecificCharacterSet="ISO_IR 192",
        GraphicAnnotationSequence=[upper, lower],
        GraphicLayerSequence=[dataset(GraphicLayer="L", GraphicLayerOrder=2), dataset(GraphicLayer="LOW", GraphicLayerOrder=1)],
    )
    below, above = found["graphics"]
    assert below["shapes"] == [{"kind": "polyline", "points": [[1, 1], [5, 5], [5, 1]], "filled": True}]
    assert [shape["kind"] for shape in above["shapes"]] == ["circle", "ellipse"]
    assert above["texts"] == [
        {"lines": ["所見あり", "lesion 3"], "box": [[10, 20], [60, 40]], "anchor": [64, 64], "line_to_anchor": True},
    ]
    assert found["unsupported"] == []


def test_shutters_are_counted_from_zero(read: Any) -> None:
    found = read(
        ShutterShape=["RECTANGULAR", "CIRCULAR", "POLYGONAL"],
        ShutterLeftVerticalEdge=11,
        ShutterRightVerticalEdge=100,
        ShutterUpperHorizontalEdge=21,
        ShutterLowerHorizontalEdge=90,
        CenterOfCircularShutter=[64, 32],
        RadiusOfCircularShutter=30,
        VerticesOfThePolygonalShutter=[1, 2, 3, 4, 5, 6],
        ShutterPresentationValue=0x8000,
    )
    assert found["shutter_grey"] == 128
    rectangle, circle, polygon = found["shutters"]
    assert rectangle == {"kind": "rectangle", "points": [[10, 20], [100, 90]]}
    assert circle == {"kind": "circle", "points": [[31.5, 63.5], [61.5, 63.5]]}
    assert polygon == {"kind": "polygon", "points": [[1.5, 0.5], [3.5, 2.5], [5.5, 4.5]]}


def test_what_is_not_shown_is_named(read: Any) -> None:
    found = read(
        ImageRotation=45,
        ImageHorizontalFlip="Y",
        ShutterShape="BITMAP",
        DisplayedAreaSelectionSequence=[area((1, 1), (5, 5), PresentationPixelMagnificationRatio=2, size_mode="MAGNIFY")],
        MaskSubtractionSequence=[dataset(MaskOperation="AVG_SUB")],
        GraphicAnnotationSequence=[
            annotation(graphic("STAR", 1, 2), graphic("POLYLINE", 0.1, 0.2, units="MATRIX"), CompoundGraphicSequence=[dataset()]),
        ],
    )
    assert found["unsupported"] == ["compound_graphics", "graphics", "mask", "mirrored", "rotation", "shutter", "size_mode"]
    assert found["mirrored"] is True
    assert found["rotation"] == 0


def test_states_that_are_broken_are_refused(tmp_path: Path, pool: PixelPool, shared_data: Path) -> None:
    ct = shared_data / "dicom/ct/CT_small.dcm"
    no_image = write_state(tmp_path / "1.dcm", [ct], ReferencedSeriesSequence=[dataset(SeriesInstanceUID="1.2")])
    half_a_point = write_state(
        tmp_path / "2.dcm",
        [ct],
        DisplayedAreaSelectionSequence=[dataset(DisplayedAreaTopLeftHandCorner=[1, 1], DisplayedAreaBottomRightHandCorner=5)],
    )
    crowded = write_state(tmp_path / "3.dcm", [ct], GraphicAnnotationSequence=[annotation(*[graphic("POINT", 1, 2) for _ in range(5_001)])])
    for path, kind in ((no_image, errors.MalformedFile), (half_a_point, errors.MalformedFile), (crowded, errors.LimitExceeded)):
        with pytest.raises(kind):
            pool.inspect(str(path))
