"""Writes of the catalogue: one verb a function, keyword-only arguments, checks before anything is stored."""
