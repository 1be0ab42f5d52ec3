"""Tiles handed over as the slide stores them: where they lie, how they become whole JPEG files, who keeps them open."""
