"""OpenSlide's DeepZoomGenerator behind Flask, with the defaults of its example server: 254 px, overlap 1, JPEG quality 75."""

import io
import os

import openslide
from flask import Flask, Response
from openslide.deepzoom import DeepZoomGenerator

app = Flask(__name__)
generator = DeepZoomGenerator(openslide.OpenSlide(os.environ["SLIDE"]), tile_size=254, overlap=1, limit_bounds=True)


@app.route("/t/<int:halvings>/<int:column>/<int:row>")
def tile(halvings: int, column: int, row: int) -> Response:
    buffer = io.BytesIO()
    generator.get_tile(generator.level_count - 1 - halvings, (column, row)).save(buffer, "JPEG", quality=75)
    return Response(buffer.getvalue(), mimetype="image/jpeg")
