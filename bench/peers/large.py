"""large_image's TIFF source behind Flask, with its defaults."""

import os

import large_image_source_tiff
from flask import Flask, Response

app = Flask(__name__)
source = large_image_source_tiff.open(os.environ["SLIDE"])
levels = source.getMetadata()["levels"]


@app.route("/t/<int:halvings>/<int:column>/<int:row>")
def tile(halvings: int, column: int, row: int) -> Response:
    return Response(source.getTile(column, row, levels - 1 - halvings), mimetype="image/jpeg")
