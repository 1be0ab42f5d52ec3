"""DICOM objects of marks: structured reports, segmentations, bulk annotations. Loaded when asked for: highdicom takes a second."""
