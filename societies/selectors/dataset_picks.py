"""What was picked for a dataset by hand: what counts now, and everything that was ever said, newest first."""

from typing import Any, Final
from uuid import UUID

from django.contrib.auth.models import User

from annotation.selectors.drafts import person_name
from societies.models import Dataset, DatasetPick, Society, SubjectLink
from viewer.selectors.catalogue import permitted_images

__all__ = ["PAGE", "links_json", "picked", "picks_json", "picks_now"]

PAGE: Final = 50


def picks_now(dataset: Dataset) -> dict[UUID, str]:
    """Return image -> what was said of it last; one query."""
    return dict(DatasetPick.objects.filter(dataset=dataset).order_by("pk").values_list("image_id", "choice"))


def picked(dataset: Dataset) -> dict[str, list[str]]:
    """Return the images that are picked (`in`) and left out (`out`) now, ascending; empty where there are none."""
    found: dict[str, list[str]] = {}
    for image, choice in sorted(picks_now(dataset).items()):
        if choice != DatasetPick.Choice.QUERY:
            found.setdefault(choice, []).append(str(image))
    return found


def picks_json(dataset: Dataset, user: User, *, before: int | None = None) -> dict[str, Any]:
    """Return how many images are picked and left out now, and what was said, newest first, 50 at a time; four queries.

    Args:
        dataset: the dataset.
        user: who asks; images that they may not open have no name.
        before: only what was said before this entry.
    """
    now = picks_now(dataset)
    rows = DatasetPick.objects.filter(dataset=dataset).select_related("recorded_by").order_by("-pk")
    page = list((rows if before is None else rows.filter(pk__lt=before))[: PAGE + 1])
    images = [row.image_id for row in page]
    newest = dict(DatasetPick.objects.filter(dataset=dataset, image__in=images).order_by("pk").values_list("image_id", "pk"))
    names = dict(permitted_images(user).filter(pk__in=images).values_list("pk", "name"))
    entries = [
        {
            "id": row.pk,
            "image": str(row.image_id),
            "name": names.get(row.image_id, ""),
            "choice": row.choice,
            "counts": newest[row.image_id] == row.pk and row.choice != DatasetPick.Choice.QUERY,
            "reason": row.reason,
            "by": person_name(row.recorded_by),
            "at": row.recorded_at.isoformat(),
        }
        for row in page[:PAGE]
    ]
    chosen = list(now.values())
    return {
        "picked": chosen.count(DatasetPick.Choice.IN),
        "left_out": chosen.count(DatasetPick.Choice.OUT),
        "entries": entries,
        "next": page[PAGE - 1].pk if len(page) > PAGE else None,
    }


def links_json(society: Society, *, before: int | None = None) -> dict[str, Any]:
    """Return which subjects were recorded as one person, by whom and when, newest first, 50 at a time; one query."""
    rows = SubjectLink.objects.filter(society=society).select_related("recorded_by").order_by("-pk")
    page = list((rows if before is None else rows.filter(pk__lt=before))[: PAGE + 1])
    links = [
        {
            "id": row.pk,
            "first": row.first[:12],
            "second": row.second[:12],
            "by": person_name(row.recorded_by),
            "at": row.recorded_at.isoformat(),
        }
        for row in page[:PAGE]
    ]
    return {"links": links, "next": page[PAGE - 1].pk if len(page) > PAGE else None}
