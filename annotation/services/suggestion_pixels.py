"""Cuts the pictures that a model is shown; every pixel is decoded by the pixel workers."""

import base64
import json
from typing import Any

from annotation.models import ModelEndpoint, SuggestionRun
from annotation.services.endpoint_parameters import EndpointParameters
from annotation.suggestions.crops import Crop, chosen_frames, crop_at, sending_scale, tissue_crops, whole_crop
from viewer.models import Image
from viewer.readers.errors import ReaderError
from viewer.services.manifests import manifest_path
from viewer.tiles.pool import PixelPool

OVERVIEW_PX = 1024
TRAINING_PX = 256
Source = dict[str, Any]


def source_of(image: Image) -> Source:
    """Return what the pixel workers need to open the image; raises ``ReaderError`` if its manifest is gone."""
    try:
        source = json.loads(manifest_path(image.pk).read_bytes())["source"]
    except (OSError, ValueError, KeyError) as error:
        raise ReaderError("unreadable") from error
    return dict(source)


def crops_of(*, run: SuggestionRun, parameters: EndpointParameters, source: Source, pool: PixelPool) -> list[Crop]:
    """Return what is sent of the run's image, always the same for the same run.

    A region if one was asked for; else the cells of a slide with most tissue, the chosen frames of a stack or video, or the whole
    picture. A classifier is always shown the whole picture.
    """
    image = run.image
    scale = sending_scale(wanted_mpp_um=parameters.mpp, mpp_um=image.spacing_x_um) if image.kind == Image.Kind.SLIDE else 1.0
    if run.region is not None:
        asked = run.region
        frame = asked["frame"] if image.has_frames else None
        return [crop_at(asked["x"], asked["y"], asked["width"], asked["height"], scale=scale, frame=frame)]
    if image.has_frames:
        frames = chosen_frames(image.frame_count, parameters.frames)
        return [whole_crop(image.width_px, image.height_px, frame=frame) for frame in frames]
    if image.kind == Image.Kind.PHOTOGRAPH or run.endpoint.task == ModelEndpoint.Task.CLASSIFY:
        return [whole_crop(image.width_px, image.height_px)]
    overview = pool.thumbnail(source, max_px=OVERVIEW_PX).body
    try:
        return tissue_crops(overview, width=image.width_px, height=image.height_px, scale=scale, limit=parameters.max_crops)
    except (OSError, ValueError) as error:
        raise ReaderError("unreadable") from error


def encode_crop(*, crop: Crop, source: Source, pool: PixelPool) -> str:
    """Return the crop as base64 of a PNG."""
    region = pool.region(
        source,
        x=crop.x,
        y=crop.y,
        width=crop.width,
        height=crop.height,
        out_width=crop.out_width,
        out_height=crop.out_height,
        frame=_shown_frame(source) if crop.frame is None else crop.frame,
    )
    return base64.b64encode(region.body).decode("ascii")


def _shown_frame(source: Source) -> int:
    """Return the plane of a slide that is shown before anybody chose; 0 where there is but one."""
    return int((source.get("views") or {}).get("first", 0))


def encode_thumbnail(*, source: Source, pool: PixelPool) -> str:
    """Return the whole image, small, as base64 of a JPEG: what a classifier is taught with."""
    return base64.b64encode(pool.thumbnail(source, max_px=TRAINING_PX).body).decode("ascii")


def sent_mpp_um(*, image: Image, crop: Crop, parameters: EndpointParameters) -> float:
    """Return the micrometres per pixel of the picture sent; where the spacing is unknown, what the model wants."""
    return image.spacing_x_um * crop.scale if image.spacing_x_um else parameters.mpp
