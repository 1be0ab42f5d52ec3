"""Tables of this app that only grow: the database refuses to change or remove their rows, whoever asks."""

from typing import Final

DATASET_TABLES: Final = (
    "societies_datasetversion",
    "societies_datasetmember",
    "societies_datasetexport",
    "societies_subjectlink",
)
PICK_TABLES: Final = ("societies_datasetpick",)
CREDIT_TABLES: Final = ("societies_creditchoice",)
ALL_TABLES: Final = (*DATASET_TABLES, *PICK_TABLES, *CREDIT_TABLES)
