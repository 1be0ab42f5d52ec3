"""Walk through the annotations of a case image by image, without holding them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby

from annotation.schema.facts import AnnotationFacts, CaseFacts, ImageFacts
from annotation.schema.problems import DocumentError, Problem

__all__ = ["by_image"]


def by_image(case: CaseFacts) -> Iterator[tuple[ImageFacts, Iterable[AnnotationFacts]]]:
    """Yield each image that was read, in the order of the case, with its annotations; an image without any is a finding too.

    The annotations of an image must be consumed before the next image is asked for. Raises DocumentError `unknown_image`
    for an annotation of an image that is not among the case's.
    """
    groups = groupby(case.annotations, key=lambda row: row.image_id)
    following = next(groups, None)
    for image in case.images:
        if following is not None and following[0] == image.id:
            yield image, following[1]
            following = next(groups, None)
        elif image.was_read:
            yield image, ()
    if following is not None:
        raise DocumentError([Problem("unknown_image", "", following[0])], case.name)
