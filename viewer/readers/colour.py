"""Colours as a scanner's profile means them, for those who ask; nothing is converted otherwise (ICC.1, by Little CMS)."""

from __future__ import annotations

from typing import Final

from PIL import Image, ImageCms

# What opening a broken profile may raise.
PROFILE_ERRORS: Final = (ValueError, OSError, ImageCms.PyCMSError)
_SRGB: Final = ImageCms.createProfile("sRGB")


class ToSrgb:
    """Converts RGB pictures from one profile to sRGB, with the intent that the profile names.

    Args:
        profile: embedded in a slide.

    Raises:
        ValueError: when the profile is broken, or not one of RGB pictures.
    """

    def __init__(self, profile: ImageCms.ImageCmsProfile) -> None:
        try:
            intent = ImageCms.Intent(ImageCms.getDefaultIntent(profile))
            self._transform = ImageCms.buildTransform(profile, _SRGB, "RGB", "RGB", intent)
        except PROFILE_ERRORS as error:
            raise ValueError("the colour profile cannot be used") from error

    def convert(self, image: Image.Image) -> Image.Image:
        """The picture in sRGB."""
        converted = ImageCms.applyTransform(image, self._transform)
        assert converted is not None  # noqa: S101 -- None only where it converts in place
        return converted
