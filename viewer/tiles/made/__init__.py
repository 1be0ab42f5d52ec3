"""Tiles that a slide does not store as JPEG, made once in the background and kept in a sidecar file beside the catalogue."""
