"""Cell layers: ten thousand to a million outlines of one image, packed in chunks. Knows no database and no framework."""
