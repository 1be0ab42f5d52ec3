"""Reads of the catalogue, each already narrowed to what the asker may see."""
