"""Pictures out of a request: base64 of PNG or JPEG, bounded in size before anything is decoded."""

import base64
import binascii
import io

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from reference_endpoint.protocol import RequestError

MAX_PIXELS = 4096 * 4096


def decode_picture(text: str) -> NDArray[np.uint8]:
    """Return the picture as RGB, axes (row, column, channel), 8 bits.

    Raises:
        RequestError: 400 ``bad_image`` for anything but a whole PNG or JPEG, 413 ``image_too_large`` above 16.7 million pixels.
    """
    try:
        raw = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise RequestError(400, "bad_image", "the image is not base64") from error
    try:
        with Image.open(io.BytesIO(raw), formats=("PNG", "JPEG")) as picture:
            if picture.width * picture.height > MAX_PIXELS:
                raise RequestError(413, "image_too_large", f"the image has more than {MAX_PIXELS} pixels")
            return np.asarray(picture.convert("RGB"), dtype=np.uint8)
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise RequestError(400, "bad_image", "the image is not a whole PNG or JPEG") from error
