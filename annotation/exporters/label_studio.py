"""Label Studio JSON: a task for each picture, an annotation for each reader, a prediction for each suggestion."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack
from typing import Any, ClassVar, Final

from annotation.exporters.base import Entry, ExportSession, LossReport
from annotation.exporters.brush import MAX_BRUSH_PX, brush_rle
from annotation.exporters.details import colour_of, member_of, names_of_labels
from annotation.exporters.fields import Field, Held
from annotation.exporters.frames import OnFrame, frame_by_frame
from annotation.exporters.markup import element
from annotation.exporters.outlines import solid_rings
from annotation.exporters.painting import runs_of
from annotation.exporters.per_frame import picture_name
from annotation.exporters.streams import by_image
from annotation.schema.canonical import canonical_json
from annotation.schema.facts import AnnotationFacts, CampaignFacts, CaseFacts, ImageFacts, SuggestionFacts
from annotation.schema.masks import FrameShape, Mask
from annotation.schema.spool import Spool

__all__ = ["LabelStudioExporter"]

_KINDS: Final = {"Point": "keypointlabels", "Rectangle": "rectanglelabels"}


class LabelStudioExporter:
    """Tasks with annotations and predictions in percent of the picture, and the labelling interface that reads them."""

    name: ClassVar[str] = "label-studio"
    media_type: ClassVar[str] = "application/json"
    holds: ClassVar[Mapping[Field, Held]] = dict.fromkeys(Field, Held.YES) | {
        Field.REPORTS: Held.NO,
        Field.FINDINGS: Held.NO,
        Field.CELLS: Held.NO,
        Field.HOLES: Held.PARTLY,
        Field.TRACKS: Held.PARTLY,
        Field.MASKS: Held.PARTLY,
    }

    def begin(self, campaign: CampaignFacts, required: frozenset[Field] = frozenset()) -> ExportSession:
        """Start a run."""
        return _Session(campaign, required)


class _Picture:
    """What belongs to one picture: the results of each reader, and the predictions."""

    def __init__(self, stack: ExitStack) -> None:
        self._stack = stack
        self.results: dict[str, Spool] = {}
        self.seconds: dict[str, float] = {}
        self.predictions = stack.enter_context(Spool())

    def of_reader(self, row: AnnotationFacts) -> Spool:
        """Return the results of the reader of a mark."""
        reader = row.read.reader
        if reader not in self.results:
            self.results[reader] = self._stack.enter_context(Spool())
            self.seconds[reader] = row.read.active_seconds
        return self.results[reader]


class _Session:
    def __init__(self, campaign: CampaignFacts, required: frozenset[Field]) -> None:
        self._campaign = campaign
        self._names = names_of_labels(campaign)
        self._task_count = 0
        self.losses = LossReport(LabelStudioExporter.name, LabelStudioExporter.holds, required)
        self.losses.note("percent", "Coordinates are percent of the picture; read back, they differ by less than a millionth of a pixel.")
        self.losses.note("brushes", "Masks are brush marks, pixel by pixel; on pictures of more than 2^28 pixels they are outlines.")
        self.losses.note("pictures", "data.image names the image and its frame; put the address of your own copy there before importing.")
        self.losses.note("one_label", "A region has its primary label; everything else that is known of it is in its meta.mitate.")

    def entries(self, cases: Iterable[CaseFacts]) -> Iterator[Entry]:
        config = self._config().encode()
        yield Entry("labelling.xml", len(config), [config])
        with Spool() as tasks:
            tasks.write(b"[")
            for case in cases:
                for image, rows in by_image(case):
                    self._write_image(case, image, rows, tasks)
            tasks.write(b"]")
            yield Entry("tasks.json", tasks.size, tasks.chunks())

    def _write_image(self, case: CaseFacts, image: ImageFacts, rows: Iterable[AnnotationFacts], tasks: Spool) -> None:
        with ExitStack() as stack:
            pictures: dict[int | None, _Picture] = {}
            for mark in frame_by_frame(rows, image, self.losses):
                if mark.row.frame not in pictures:
                    pictures[mark.row.frame] = _Picture(stack)
                self._write_mark(mark, image, pictures[mark.row.frame])
            if not pictures:
                pictures[None] = _Picture(stack)
            for frame in sorted(pictures, key=lambda number: -1 if number is None else number):
                self._write_task(case, image, frame, pictures[frame], tasks)

    def _write_task(self, case: CaseFacts, image: ImageFacts, frame: int | None, picture: _Picture, tasks: Spool) -> None:
        self._task_count += 1
        tasks.write(b"," if self._task_count > 1 else b"")
        tasks.write(b'{"annotations":[')
        for number, reader in enumerate(sorted(picture.results)):
            head = {"lead_time": picture.seconds[reader], "meta": {"reader": reader}}
            tasks.write((b"," if number else b"") + canonical_json(head)[:-1] + b',"result":[')
            _copy(picture.results[reader], tasks)
            tasks.write(b'],"was_cancelled":false}')
        meta = {"case": case.name, "digest": image.digest, "frame": frame, "modality": image.modality}
        tail = {"data": {"image": picture_name(image, frame)}, "id": self._task_count, "meta": meta}
        tasks.write(b"]," + canonical_json(tail)[1:-1] + b',"predictions":[')
        _copy(picture.predictions, tasks)
        tasks.write(b"]}")

    def _write_mark(self, mark: OnFrame, image: ImageFacts, picture: _Picture) -> None:
        results = picture.of_reader(mark.row)
        for item in self._results(mark, image):
            results.write((b"," if results.size else b"") + canonical_json(item))
        suggestion = mark.row.suggestion
        # a track is on many pictures, what a model proposed on one
        if suggestion is not None and mark.keyframe is None:
            predictions = picture.predictions
            predictions.write((b"," if predictions.size else b"") + canonical_json(self._prediction(suggestion, mark, image)))

    def _results(self, mark: OnFrame, image: ImageFacts) -> Iterator[dict[str, Any]]:
        """Yield the regions of a mark, the first with everything that is known of it and with its text."""
        row = mark.row
        meta = {
            "mitate": {key: value for key, value in member_of(row, self._campaign).items() if key != "geometry"}
            | {"labels": list(row.labels)}
        }
        names = [self._names[code] for code in row.labels] or [self._names[""]]
        if mark.shape is None:
            value: dict[str, Any] = {"choices": names}
            yield {"id": mark.id, "type": "choices", "from_name": "diagnosis", "to_name": "image", "value": value, "meta": meta}
        else:
            for number, region in enumerate(self._regions(mark.shape, mark.id, row.id, names[:1], image)):
                yield region if number else region | {"meta": meta}
        if row.text:
            yield {"id": mark.id, "type": "textarea", "from_name": "text", "to_name": "image", "value": {"text": [row.text]}}

    def _prediction(self, suggestion: SuggestionFacts, mark: OnFrame, image: ImageFacts) -> dict[str, Any]:
        names = [self._names[code] for code in suggestion.labels[:1]] or [self._names[""]]
        shape = suggestion.shape
        result = list(self._regions(shape, suggestion.id, mark.row.id, names, image)) if shape is not None else []
        model = f"{suggestion.model.name} {suggestion.model.version}"
        score = {} if suggestion.score is None else {"score": suggestion.score}
        return {"model_version": model, "result": result, **score}

    def _regions(self, shape: FrameShape, identity: str, annotation: str, names: list[str], image: ImageFacts) -> Iterator[dict[str, Any]]:
        """Yield one region, or one for each outline; the parts of one mark share the first part's id as their parent."""
        kind, values = self._values(shape, annotation, image)
        for number, value in enumerate(values):
            region: dict[str, Any] = {
                "id": f"{identity}-{number}" if number else identity,
                "type": kind,
                "from_name": kind.removesuffix("labels"),
                "to_name": "image",
                "original_width": image.width_px,
                "original_height": image.height_px,
                "image_rotation": 0,
                "value": value | {kind: names},
            }
            yield region | {"parentID": identity} if number else region

    def _values(self, shape: FrameShape, annotation: str, image: ImageFacts) -> tuple[str, list[dict[str, Any]]]:
        """Return the kind of region that a shape is, and the value of each."""
        if shape.kind in _KINDS:
            return _KINDS[shape.kind], [_value(shape, image)]
        if isinstance(shape, Mask) and image.width_px * image.height_px <= MAX_BRUSH_PX:
            runs = runs_of(shape, width=image.width_px, height=image.height_px)
            return "brushlabels", [{"format": "rle", "rle": brush_rle(runs, width=image.width_px, height=image.height_px)}]
        rings = solid_rings(shape, self.losses, annotation)
        return "polygonlabels", [{"points": [_percent(position, image) for position in ring[:-1]], "closed": True} for ring in rings]

    def _config(self) -> str:
        colours = [(name, colour_of(code, self._campaign)) for code, name in self._names.items()]
        labels = [element("Label", {"value": name, "background": colour}) for name, colour in colours]
        choices = [element("Choice", {"value": name}) for name in self._names.values()]
        controls = [
            element(tag, {"name": tag.removesuffix("Labels").lower(), "toName": "image"}, *labels)
            for tag in ("RectangleLabels", "PolygonLabels", "KeyPointLabels", "BrushLabels")
        ]
        return element(
            "View",
            {},
            element("Image", {"name": "image", "value": "$image", "zoom": "true"}),
            *controls,
            element("Choices", {"name": "diagnosis", "toName": "image", "choice": "multiple"}, *choices),
            element("TextArea", {"name": "text", "toName": "image", "perRegion": "true"}),
        )


def _percent(position: tuple[float, float], image: ImageFacts) -> list[float]:
    return [position[0] / image.width_px * 100, position[1] / image.height_px * 100]


def _value(shape: FrameShape, image: ImageFacts) -> dict[str, Any]:
    x_min, y_min, x_max, y_max = shape.bounds
    x, y = _percent((x_min, y_min), image)
    width, height = _percent((x_max - x_min, y_max - y_min), image)
    # a point is drawn as a dot of that width, in percent
    return {"x": x, "y": y, "width": 0.5} if shape.kind == "Point" else {"x": x, "y": y, "width": width, "height": height, "rotation": 0}


def _copy(source: Spool, target: Spool) -> None:
    for chunk in source.chunks():
        target.write(chunk)
