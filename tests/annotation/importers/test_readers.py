"""Each format: where a shape comes to lie, what it is called, and what is told."""

import io
import json
from typing import Any

import numpy as np
import pytest
from PIL import Image
from pycocotools import mask as coco_mask

from annotation.importers.facts import Options, Target
from annotation.importers.problems import FileError
from annotation.schema.masks import Mask
from annotation.schema.tracks import Track
from tests.annotation.importers.given import LOOP, SLIDE, bounds, codes, geometries, read, reading_of

SQUARE = [[10, 10], [90, 10], [90, 90], [10, 90], [10, 10]]


def feature(geometry: Any, **properties: Any) -> dict[str, Any]:
    return {"type": "Feature", "geometry": geometry, "properties": properties}


def polygon(*rings: Any) -> dict[str, Any]:
    return {"type": "Polygon", "coordinates": [*rings]}


def pixels(mask: Any, width: int, height: int) -> np.ndarray[Any, Any]:
    """Paint a mask."""
    picture = np.zeros((height, width), bool)
    for runs in mask.row_runs():
        for y, start, stop in zip(runs.y, runs.start, runs.stop, strict=True):
            picture[y, start:stop] = True
    return picture


class TestGeoJson:
    def test_a_hole_a_class_a_colour_a_name_and_a_plane(self) -> None:
        hole = [[20, 20], [30, 20], [30, 30], [20, 30], [20, 20]]
        said = feature(
            {**polygon(SQUARE, hole), "plane": {"c": -1, "z": 4, "t": 0}},
            classification={"name": "Tumor", "colorRGB": -3670016},
            name="A",
            measurements={"Area": 3},
        )
        reader, reading = reading_of(said, "loop.geojson", LOOP)
        assert reader.name == "qupath"
        assert geometries(reading) == [polygon(SQUARE, hole)]
        (mark,) = reading.marks
        assert (mark.frame, mark.text, mark.labels[0].text, mark.labels[0].colour) == (4, "A", "Tumor", "#c80000")
        assert reading.losses == {"measurements": 1}

    def test_a_group_of_points_becomes_one_mark_a_point(self) -> None:
        reading = read(feature({"type": "MultiPoint", "coordinates": [[1, 2], [3, 4]]}))
        assert [mark.place for mark in reading.marks] == ["/geometry/coordinates/0", "/geometry/coordinates/1"]
        assert reading.notes["points_split"].count == 2

    def test_the_largest_shift_onto_the_grid_is_told(self) -> None:
        reading = read(feature(polygon([[10.05, 10], [90, 10], [90, 90], [10.05, 10]])))
        assert reading.largest_shift_px == pytest.approx(0.05)

    def test_a_million_vertices_are_refused_at_the_stated_limit(self) -> None:
        ring = [[100 + (number % 1000), 100 + number // 1000] for number in range(10**6)]
        assert codes(read(feature(polygon([*ring, ring[0]])))) == {"geometry_too_many_vertices": 1}

    def test_more_marks_than_the_limit_are_refused_as_a_whole(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("annotation.importers.reading.MAX_MARKS", 3)
        with pytest.raises(FileError) as error:
            read([feature(polygon(SQUARE))] * 5)
        assert (error.value.code, error.value.place) == ("too_many_marks", "/3/geometry")


class TestCoco:
    def given(self, **changes: Any) -> dict[str, Any]:
        entry = {"id": 7, "image_id": 1, "category_id": 2, "bbox": [1, 2, 30, 40], "iscrowd": 0} | changes
        images = [{"id": 1, "file_name": "a/slide.svs", "width": 4000, "height": 3000}]
        return {"images": images, "categories": [{"id": 2, "name": "polyp"}], "annotations": [entry]}

    def test_box(self) -> None:
        reading = read(self.given())
        assert geometries(reading) == [{"type": "Rectangle", "bbox": [1, 2, 30, 40]}]
        assert reading.marks[0].source_id == "7"

    def test_several_parts_are_one_mark(self) -> None:
        reading = read(self.given(segmentation=[[0, 0, 10, 0, 10, 10], [20, 20, 30, 20, 30, 30]]))
        assert [mark.shape.kind for mark in reading.marks if mark.shape] == ["MultiPolygon"]

    @pytest.mark.parametrize("compressed", [True, False])
    def test_run_lengths_are_the_pixels_that_pycocotools_reads(self, compressed: bool) -> None:
        random = np.random.default_rng(3)
        picture = np.zeros((300, 500), np.uint8, order="F")
        picture[40:280, 100:450] = random.random((240, 350)) > 0.4
        packed = coco_mask.encode(picture)
        counts = packed["counts"].decode() if compressed else _uncompressed(picture)
        given = self.given(segmentation={"size": [300, 500], "counts": counts})
        given["images"][0] |= {"width": 500, "height": 300}
        reading = read(given, "slide.json", Target("i", "slide.svs", 500, 300))
        assert np.array_equal(pixels(reading.marks[0].shape, 500, 300), picture.astype(bool))

    def test_another_size_is_told_and_taken_only_when_chosen(self) -> None:
        given = self.given()
        given["images"][0]["width"] = 4001
        reading = read(given)
        (image,) = reading.images.values()
        assert (image.code, image.target, image.proposed) == ("image_size_differs", None, SLIDE)
        chosen = read(given, options=Options(images={"a/slide.svs": SLIDE.id}))
        assert next(iter(chosen.images.values())).target == SLIDE

    def test_two_images_of_one_name_are_not_guessed_between(self) -> None:
        other = Target("other", "slide.svs", 4000, 3000)
        assert next(iter(read(self.given(), "x.json", SLIDE, other).images.values())).code == "image_not_chosen"


def _uncompressed(picture: np.ndarray[Any, Any]) -> list[int]:
    flat = np.concatenate(([0], picture.flatten(order="F"), [picture.flatten(order="F")[-1] ^ 1]))
    return np.diff(np.concatenate(([0], np.flatnonzero(np.diff(flat)), []))).astype(int).tolist()


class TestPascalVoc:
    def test_boxes_from_the_first_to_the_last_pixel_counted_from_1(self) -> None:
        reading = read(
            "<annotation><filename>slide.png</filename><size><width>4000</width><height>3000</height></size><object><name>cat</name>"
            "<bndbox><xmin>1</xmin><ymin>2</ymin><xmax>3</xmax><ymax>4</ymax></bndbox></object></annotation>",
            "x.xml",
        )
        assert bounds(reading) == [(0, 1, 3, 4)]
        assert reading.notes["one_based"].count == 1


class TestYolo:
    def test_boxes_and_polygons_in_fractions_with_the_names_that_are_given(self) -> None:
        reading = read("0 0.5 0.5 0.1 0.2\n1 0 0 0.5 0 0.5 0.5\n", "slide.txt", options=Options(classes=("disc", "vessel")))
        assert bounds(reading) == [(1800, 1200, 2200, 1800), (0, 0, 2000, 1500)]
        assert [mark.labels[0].text for mark in reading.marks] == ["disc", "vessel"]

    def test_without_an_image_nothing_is_guessed(self) -> None:
        reading = read("0 0.5 0.5 0.1 0.2\n", "elsewhere.txt")
        assert codes(reading) == {"image_not_chosen": 1}
        assert reading.needs == {"image", "classes"}


class TestCvat:
    def test_tracks_keep_their_keyframes(self) -> None:
        reading = read(
            "<annotations><version>1.1</version><meta><task><original_size><width>640</width><height>480</height></original_size></task>"
            '<source>loop.mp4</source></meta><track id="3" label="valve"><box frame="1" outside="0" keyframe="1" xtl="1" ytl="2" xbr="5"'
            ' ybr="6"/><box frame="2" outside="0" keyframe="0" xtl="2" ytl="2" xbr="6" ybr="6"/><box frame="4" outside="1" keyframe="1"'
            ' xtl="1" ytl="2" xbr="5" ybr="6"/></track></annotations>',
            "x.xml",
            LOOP,
        )
        (mark,) = reading.marks
        assert isinstance(mark.shape, Track)
        assert [(one.frame, one.shape is None) for one in mark.shape.keyframes] == [(1, False), (4, True)]
        assert (mark.frame, mark.source_id, mark.labels[0].text) == (1, "track 3", "valve")

    def test_masks_by_rows(self) -> None:
        reading = read(
            '<annotations><version>1.1</version><image name="slide.svs" width="4000" height="3000"><mask label="a" rle="1,2,2,3,1"'
            ' left="10" top="20" width="3" height="3"/></image></annotations>',
            "x.xml",
        )
        (mark,) = reading.marks
        assert isinstance(mark.shape, Mask)
        assert pixels(mark.shape, 20, 30)[20:23, 10:13].astype(int).tolist() == [[0, 1, 1], [0, 0, 1], [1, 1, 0]]

    def test_a_turned_box_is_an_outline_about_its_middle(self) -> None:
        reading = read(
            '<annotations><version>1.1</version><image name="slide.svs" width="4000" height="3000"><box label="a" rotation="90" xtl="100"'
            ' ytl="100" xbr="200" ybr="140"/></image></annotations>',
            "x.xml",
        )
        assert bounds(reading) == [(130, 70, 170, 170)]
        assert reading.notes["rotated_as_outline"].count == 1


class TestLabelStudio:
    def test_percent_of_the_size_in_the_file(self) -> None:
        result = {"id": "r", "type": "rectanglelabels", "original_width": 4000, "original_height": 3000}
        result["value"] = {"x": 10, "y": 20, "width": 30, "height": 25, "rotation": 0, "rectanglelabels": ["artefact"]}
        task = {"id": 1, "data": {"image": "s3://bucket/slide.svs?x=1"}, "annotations": [{"completed_by": 5, "result": [result]}]}
        reading = read([task])
        assert bounds(reading) == [(400, 600, 1600, 1350)]
        assert (reading.marks[0].author, reading.marks[0].labels[0].text) == ("5", "artefact")


class TestAsap:
    def test_groups_are_classes(self) -> None:
        reading = read(
            '<ASAP_Annotations><Annotations><Annotation Name="Annotation 3" Type="Rectangle" PartOfGroup="T" Color="#FF0000"><Coordinates>'
            '<Coordinate Order="1" X="20" Y="10"/><Coordinate Order="0" X="10" Y="10"/><Coordinate Order="2" X="20" Y="40"/>'
            '<Coordinate Order="3" X="10" Y="40"/></Coordinates></Annotation></Annotations><AnnotationGroups><Group Name="T"'
            ' PartOfGroup="None" Color="#64FE2E"/></AnnotationGroups></ASAP_Annotations>',
            "slide.xml",
        )
        assert geometries(reading) == [{"type": "Rectangle", "bbox": [10, 10, 10, 30]}]
        assert (reading.marks[0].labels[0].text, reading.marks[0].labels[0].colour, reading.marks[0].text) == ("T", "#64fe2e", "")


class TestImageScope:
    def region(self, number: int, kind: int, points: list[tuple[float, float]], *, negative: int = 0) -> str:
        vertices = "".join(f'<Vertex X="{x}" Y="{y}"/>' for x, y in points)
        return f'<Region Id="{number}" Type="{kind}" Text="t" NegativeROA="{negative}"><Vertices>{vertices}</Vertices></Region>'

    def layer(self, *regions: str) -> str:
        return (
            f'<Annotations MicronsPerPixel="0.5"><Annotation Id="1" Name="Tumor" LineColor="255"><Regions>{"".join(regions)}</Regions>'
            "</Annotation></Annotations>"
        )

    def test_a_negative_region_is_a_hole_of_the_outline_around_it(self) -> None:
        outer = self.region(1, 0, [(100, 100), (300, 100), (300, 300), (100, 300)])
        hole = self.region(2, 0, [(150, 150), (200, 150), (200, 200), (150, 200)], negative=1)
        reading = read(self.layer(hole, outer), "slide.xml")
        assert [mark.shape.area for mark in reading.marks if mark.shape] == [200 * 200 - 50 * 50]
        assert reading.marks[0].labels[0].colour == "#ff0000"

    def test_a_hole_in_nothing_and_a_ruler_are_told(self) -> None:
        hole = self.region(2, 0, [(150, 150), (200, 150), (200, 200), (150, 200)], negative=1)
        ruler = self.region(3, 4, [(1, 1), (2, 2)])
        assert codes(read(self.layer(hole, ruler), "slide.xml")) == {"hole_without_outline": 1, "line_not_taken": 1}

    def test_an_ellipse_by_its_box(self) -> None:
        reading = read(self.layer(self.region(1, 2, [(100, 100), (300, 200)])), "slide.xml")
        assert bounds(reading) == [(100, 100, 300, 200)]
        shape = reading.marks[0].shape
        assert shape is not None
        assert shape.area == pytest.approx(np.pi * 100 * 50, rel=0.01)


class TestLabelme:
    def test_shapes(self) -> None:
        shapes = [
            {"label": "a", "shape_type": "rectangle", "points": [[30, 40], [10, 20]]},
            {"label": "a", "shape_type": "circle", "points": [[100, 100], [110, 100]]},
            {"label": "a", "shape_type": "linestrip", "points": [[100, 100], [110, 100]]},
        ]
        reading = read({"version": "5.2.1", "shapes": shapes, "imagePath": "slide.svs", "imageWidth": 4000, "imageHeight": 3000})
        assert bounds(reading) == [(10, 20, 30, 40), (90, 90, 110, 110)]
        assert codes(reading) == {"line_not_taken": 1}


class TestHistomics:
    def test_elements(self) -> None:
        elements = [
            {"type": "polyline", "closed": True, "points": [[0, 0, 0], [90, 0, 0], [90, 90, 0]], "group": "g", "lineColor": "rgb(1, 2, 3)"},
            {"type": "rectangle", "center": [50, 60, 0], "width": 20, "height": 10, "rotation": 0},
            {"type": "ellipse", "center": [500, 600, 0], "width": 200, "height": 100, "rotation": np.pi / 2},
            {"type": "point", "center": [5, 6, 0]},
            {"type": "arrow", "points": [[0, 0, 0], [90, 0, 0]]},
            {"type": "polyline", "points": [[0, 0, 0], [90, 0, 0], [90, "x", 0]], "closed": True},
        ]
        reading = read({"name": "layer", "elements": elements})
        assert bounds(reading) == [(0, 0, 90, 90), (40, 55, 60, 65), (450, 500, 550, 700), (5, 6, 5, 6)]
        assert [mark.labels[0].text for mark in reading.marks] == ["g", "layer", "layer", "layer"]
        assert reading.marks[0].labels[0].colour == "#010203"
        assert [(one.place, one.code) for one in reading.refused] == [
            ("/elements/4", "line_not_taken"),
            ("/elements/5/points/2", "object_malformed"),
        ]


class TestNdpa:
    FILE = (
        '<annotations><ndpviewstate id="1"><title>t</title><coordformat>nanometers</coordformat><annotation type="pin" color="#FFFF00">'
        "<x>11000</x><y>-22000</y></annotation></ndpviewstate></annotations>"
    )

    def test_nanometres_from_the_middle_of_the_glass(self) -> None:
        reading = read(self.FILE, "slide.svs.ndpa")
        assert geometries(reading) == [{"type": "Point", "coordinates": [2000 + 20, 1500 - 40]}]

    def test_without_a_spacing_or_an_offset_it_is_told(self) -> None:
        for target, code in (
            (Target("i", "slide.svs", 10, 10), "spacing_unknown"),
            (Target("i", "slide.svs", 10, 10, spacing_um=(0.5, 0.5)), "offset_unknown"),
        ):
            assert codes(read(self.FILE, "slide.svs.ndpa", target)) == {code: 1}


class TestCytomine:
    FILE = {"annotation": {"id": 3, "location": "POLYGON ((100 2900, 200 2900, 200 2800, 100 2900))", "term": [8]}}

    def test_which_way_y_runs_is_asked(self) -> None:
        reading = read(self.FILE)
        assert (codes(reading), reading.needs) == ({"y_axis_not_chosen": 1}, {"y_axis"})

    def test_it_is_turned_only_when_told_to(self) -> None:
        assert bounds(read(self.FILE, options=Options(y_axis="down"))) == [(100, 2800, 200, 2900)]
        turned = read(self.FILE, options=Options(y_axis="up"))
        assert bounds(turned) == [(100, 100, 200, 200)]
        assert turned.notes["y_flipped"].count == 1


class TestMaskPictures:
    def png(self, picture: Any) -> bytes:
        data = io.BytesIO()
        Image.fromarray(picture).save(data, "PNG")
        return data.getvalue()

    def test_each_value_is_a_mask_of_the_same_pixels(self) -> None:
        picture = np.zeros((30, 40), np.uint8)
        picture[3:9, 5:35] = 1
        picture[20:22, 1:4] = 7
        reading = read(self.png(picture), "slide.png", Target("i", "slide.svs", 40, 30))
        assert [mark.labels[0].text for mark in reading.marks] == ["value 1", "value 7"]
        assert np.array_equal(pixels(reading.marks[0].shape, 40, 30), picture == 1)

    def test_a_photograph_is_no_mask(self) -> None:
        with pytest.raises(FileError) as error:
            read(self.png(np.zeros((4, 4, 3), np.uint8)), "slide.png")
        assert error.value.code == "pixels_undecodable"


class TestStrictness:
    @pytest.mark.parametrize(
        ("content", "code", "place"),
        [
            ('[{"type": "Feature", "geometry": 1' + "}" * 3, "json_syntax", "line 1, column 36"),
            ('{"a": {"b": 1,\n "b": 2}}', "json_duplicate_key", "/a/b"),
            ("[" * 70 + "]" * 70, "json_too_deep", "line 1, byte 64"),
            ('{"type": "Point",\n "coordinates": [' + "1" * 500 + ", 2]}", "json_number_too_long", "line 2, column 18"),
            ('{"type": "Point"'.encode("cp932") + b"\x83\x65", "text_encoding", "line 1, byte 16"),
            ("<a><b></a>", "xml_syntax", "line 1, column 9"),
            ('<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', "xml_dtd", "line 1"),
            ("<a>" * 40 + "</a>" * 40, "xml_too_large", "line 1"),
            ("", "file_empty", ""),
            ("{}", "format_unknown", ""),
            (b"PK\x03\x04 data.qpdata", "qupath_project", ""),
            (b"PK\x03\x04 other", "archive", ""),
        ],
    )
    def test_a_file_that_is_refused_as_a_whole(self, content: Any, code: str, place: str) -> None:
        with pytest.raises(FileError) as error:
            read(content, "slide.x")
        assert (error.value.code, error.value.place) == (code, place)

    def test_the_name_of_a_file_never_tells_its_format(self) -> None:
        for name in ("a.xml", "a.txt", "a.png", ""):
            assert reading_of(feature(polygon(SQUARE)), name)[0].name == "qupath"

    def test_the_same_file_says_the_same_ids(self) -> None:
        content = [feature(polygon(SQUARE), name=str(number)) for number in range(3)]
        assert [mark.source_id for mark in read(content).marks] == [mark.source_id for mark in read(content).marks]

    def test_plain_values_for_the_way_between_processes(self) -> None:
        mark = read(feature(polygon(SQUARE), classification={"name": "x"})).marks[0]
        assert json.loads(json.dumps(mark.to_json()))["labels"] == ["x"]
        assert Target.from_json(json.loads(json.dumps(LOOP.to_json()))) == LOOP
