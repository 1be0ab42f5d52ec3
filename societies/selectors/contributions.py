"""Who did what in a society: counted from submitted reads, which never change, with the names that people agreed to."""

import csv
import io
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.contrib.auth.models import User
from django.db.models import Count, Max, Min, Q, QuerySet, Sum

from annotation.models import Annotation, Decision, Read
from societies.models import CreditChoice, Society
from societies.selectors.societies import display_name, member_societies

COLUMNS: Final = ("user_name", "name", "credit_name", "campaigns", "reads", "marks", "decisions", "active_hours", "first_day", "last_day")
# What a spreadsheet would take for a formula.
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True, slots=True)
class Contribution:
    """What one person did in a society.

    Attributes:
        person: who.
        credit_name: as they agreed to be named; empty: not to be named, or never asked.
        campaigns: in how many campaigns they submitted a read.
        reads: submitted ones.
        marks: in those reads, deleted ones left out.
        decisions: on suggestions, the last one on each.
        active_seconds: of those reads.
        first_at: the first submission.
        last_at: the last one.
    """

    person: User
    credit_name: str
    campaigns: int
    reads: int
    marks: int
    decisions: int
    active_seconds: float
    first_at: datetime | None
    last_at: datetime | None


def contributions(*, society: Society, person: User | None = None) -> list[Contribution]:
    """Return what each person did in a society, most reads first; five queries, however many people.

    Args:
        society: whose campaigns.
        person: only this one, also without a read; None: everybody who submitted one.
    """
    reads = _submitted(society, person)
    rows = {row["reader"]: row for row in _by_reader(reads)}
    people = User.objects.filter(pk=person.pk) if person is not None else User.objects.filter(pk__in=rows)
    marks = _counted(Annotation.objects.filter(read__in=reads, deleted=False), "read__reader")
    decided = _decided(reads)
    names = credit_names(society=society)
    found = [
        Contribution(
            person=each,
            credit_name=names.get(each.pk, ""),
            campaigns=rows.get(each.pk, {}).get("campaigns", 0),
            reads=rows.get(each.pk, {}).get("reads", 0),
            marks=marks.get(each.pk, 0),
            decisions=decided.get(each.pk, 0),
            active_seconds=rows.get(each.pk, {}).get("seconds", 0.0),
            first_at=rows.get(each.pk, {}).get("first"),
            last_at=rows.get(each.pk, {}).get("last"),
        )
        for each in people
    ]
    return sorted(found, key=lambda row: (-row.reads, row.person.username))


def credit_names(*, society: Society) -> dict[int, str]:
    """Return person -> name for those who agreed to be named in what comes of a society's work; one query."""
    newest = CreditChoice.objects.filter(society=society).order_by().values("person").annotate(last=Max("pk")).values("last")
    return {row.person_id: row.name for row in CreditChoice.objects.filter(pk__in=newest) if row.name}


def own_contributions(*, user: User) -> list[dict[str, Any]]:
    """Return what a person did in each of their societies, as the page shows it."""
    return [
        {"slug": society.slug, "society": display_name(society), **contribution_json(row)}
        for society in member_societies(user=user)
        for row in contributions(society=society, person=user)
    ]


def contribution_json(row: Contribution) -> dict[str, Any]:
    """Return a contribution as the API gives it."""
    return {
        "person": row.person.get_full_name() or row.person.get_username(),
        "credit_name": row.credit_name,
        "campaigns": row.campaigns,
        "reads": row.reads,
        "marks": row.marks,
        "decisions": row.decisions,
        "active_seconds": round(row.active_seconds, 1),
        "first_at": row.first_at.isoformat() if row.first_at else None,
        "last_at": row.last_at.isoformat() if row.last_at else None,
    }


def contributions_csv(rows: Iterable[Contribution]) -> str:
    """Return a table for spreadsheets, one row a person; what looks like a formula has an apostrophe in front."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(COLUMNS)
    for row in rows:
        days = [moment.date().isoformat() if moment else "" for moment in (row.first_at, row.last_at)]
        told = (row.person.get_username(), row.person.get_full_name(), row.credit_name)
        figures = (row.campaigns, row.reads, row.marks, row.decisions, f"{row.active_seconds / 3600:.2f}")
        writer.writerow([*(_harmless(each) for each in told), *figures, *days])
    return text.getvalue()


def citation_lines(*, society: Society, rows: Iterable[Contribution]) -> Iterator[str]:
    """Yield the lines of a CITATION.cff (Citation File Format 1.2.0) that names those who agreed to it, most reads first."""
    named = [line for row in rows if row.credit_name for line in _author(row)]
    yield "cff-version: 1.2.0"
    yield f"title: {_quoted(society.name_en)}"
    yield "message: If you use these annotations, please cite them as below."
    yield "type: dataset"
    yield "authors:"
    yield from named
    # The format wants an author at least.
    yield f"  - name: {_quoted(society.name_en)}"


def _author(row: Contribution) -> list[str]:
    """Return an author: divided where the name is made of the two parts that the account holds, otherwise whole, as an entity."""
    person, words = row.person, row.credit_name.split()
    family, given = person.last_name.split(), person.first_name.split()
    if family and given and words in ([*family, *given], [*given, *family]):
        return [f"  - family-names: {_quoted(' '.join(family))}", f"    given-names: {_quoted(' '.join(given))}"]
    return [f"  - name: {_quoted(row.credit_name)}"]


def _submitted(society: Society, person: User | None) -> QuerySet[Read]:
    reads = Read.objects.filter(campaign__owner__society=society, state=Read.State.SUBMITTED)
    return reads if person is None else reads.filter(reader=person)


def _by_reader(reads: QuerySet[Read]) -> Iterable[Any]:
    return (
        reads.order_by()
        .values("reader")
        .annotate(
            reads=Count("pk"),
            campaigns=Count("campaign", distinct=True),
            seconds=Sum("active_seconds"),
            first=Min("submitted_at"),
            last=Max("submitted_at"),
        )
    )


def _counted(rows: QuerySet[Any], by: str) -> dict[int, int]:
    return dict(rows.order_by().values_list(by).annotate(count=Count("pk")))


def _decided(reads: QuerySet[Read]) -> dict[int, int]:
    last = Decision.objects.filter(read__in=reads).order_by().values("read", "suggestion").annotate(last=Max("pk")).values("last")
    return _counted(Decision.objects.filter(Q(pk__in=last) & ~Q(verdict=Decision.Verdict.UNDO)), "read__reader")


def _harmless(text: str) -> str:
    return f"'{text}" if text.startswith(_FORMULA) else text


def _quoted(text: str) -> str:
    """Return a text as a YAML scalar in double quotes."""
    inner = "".join(each for each in text if each.isprintable()).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{inner}"'
