"""Write ``docs/openapi.yaml``, or with ``--check`` fail when it is not what the code says."""

import os
import sys
from pathlib import Path

TARGET = Path(__file__).resolve().parent.parent / "docs" / "openapi.yaml"


def generate() -> str:
    """Return the OpenAPI description of the running code, in English, the same bytes each time."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    import django  # noqa: PLC0415  # settings must be named first

    django.setup()
    from django.utils import translation  # noqa: PLC0415
    from drf_spectacular.generators import SchemaGenerator  # noqa: PLC0415
    from drf_spectacular.renderers import OpenApiYamlRenderer  # noqa: PLC0415

    with translation.override("en"):
        schema = SchemaGenerator().get_schema(request=None, public=True)  # type: ignore[no-untyped-call]
        rendered: bytes = OpenApiYamlRenderer().render(schema, renderer_context={})  # type: ignore[no-untyped-call]
    return rendered.decode("utf-8")


if __name__ == "__main__":
    fresh = generate()
    if "--check" in sys.argv:
        if not TARGET.exists() or TARGET.read_text("utf-8") != fresh:
            sys.exit("docs/openapi.yaml is not what the code says; write it with: .venv/bin/python -m scripts.openapi")
    else:
        TARGET.write_text(fresh, "utf-8")
