from django.db import models


class Walk(models.Model):
    """What a reader has seen of an image at one magnification, as a grid of squares; grows, and never shrinks.

    Starting again is another round: what was seen in the one before stays on record.
    """

    read = models.ForeignKey("annotation.Read", on_delete=models.PROTECT, related_name="walks")
    magnification = models.FloatField(help_text="As readers choose it: of an objective, or screen px per image px")
    round = models.PositiveSmallIntegerField(default=1)
    columns = models.PositiveIntegerField()
    rows = models.PositiveIntegerField()
    seen = models.BinaryField(help_text="zlib over one bit a square, row by row, the lowest bit of a byte first")
    wanted = models.BinaryField(null=True, help_text="Squares worth looking at, written as seen; null: all of them")
    seen_count = models.PositiveIntegerField(help_text="Squares worth looking at that were seen")
    wanted_count = models.PositiveIntegerField(help_text="Squares worth looking at")
    place_x = models.FloatField(null=True, help_text="Middle of the field looked at last, level-0 px")
    place_y = models.FloatField(null=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["read", "magnification", "columns", "rows", "round"], name="one_walk_per_read_grid_and_round")
        ]

    def __str__(self) -> str:
        return f"{self.read_id} at {self.magnification}, round {self.round}"
