"""The catalogue: a collection holds studies, series, instances and images."""

from viewer.models.collection import Collection
from viewer.models.image import Image
from viewer.models.image_scale import ImageScale
from viewer.models.instance import Instance
from viewer.models.presentation import PresentationReference, PresentationState
from viewer.models.series import Series
from viewer.models.study import Study

__all__ = ["Collection", "Image", "ImageScale", "Instance", "PresentationReference", "PresentationState", "Series", "Study"]
