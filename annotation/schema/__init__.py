"""The annotation document: shapes, labels, JSON Schema per version, checks, canonical bytes. Knows no framework."""
