"""Pixels: images, their catalogue, and how their tiles and frames reach a browser. Knows nothing of marks or of people's roles."""
