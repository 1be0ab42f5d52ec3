"""Saving from many threads at once: nothing lost, nothing twice, no gap."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from django.db import connection

from annotation.models import Annotation, Read, Revision
from annotation.services.operations import apply_operations
from annotation.services.reads import open_read, submit_read
from tests.annotation.marking.objects import diagnosis, make_campaign, make_read, make_user, put, square
from viewer.api.errors import ApiError

pytestmark = [pytest.mark.postgres, pytest.mark.usefixtures("database_for_threads")]
THREADS = 8


def in_a_thread(work: Callable[..., Any], *arguments: Any) -> Any:
    """Do the work in a thread of its own, which closes its connection again."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(_closing, work, *arguments).result()


def at_once(work: Callable[[int], Any], threads: int = THREADS) -> list[Any]:
    """Do the work in several threads that start together."""
    barrier = Barrier(threads)

    def start(number: int) -> Any:
        barrier.wait(30)
        return _closing(work, number)

    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(start, range(threads)))


def _closing(work: Callable[..., Any], *arguments: Any) -> Any:
    try:
        return work(*arguments)
    finally:
        connection.close()


def save(read: Read, *operations: Any) -> list[str]:
    return [result.status for result in apply_operations(user=read.reader, read_id=read.pk, operations=operations).results]


def check_history(read: Read) -> tuple[int, list[int]]:
    """Return the read's list revision and the sequences of its revisions, after checking each mark's own history."""
    for mark in Annotation.objects.filter(read=read):
        revisions = list(Revision.objects.filter(annotation=mark).order_by("number"))
        assert [row.number for row in revisions] == list(range(1, mark.revision + 1))
        assert (revisions[-1].sequence, revisions[-1].body["revision"]) == (mark.sequence, mark.revision)
    sequences = list(Revision.objects.filter(read=read).order_by("sequence").values_list("sequence", flat=True))
    return Read.objects.get(pk=read.pk).sequence, sequences


def test_eight_threads_save_twenty_five_operations_each() -> None:
    read = in_a_thread(make_read)

    def work(number: int) -> list[str]:
        marks = [uuid.uuid4() for _index in range(20)]
        statuses = []
        for index, mark_id in enumerate(marks):
            statuses += save(read, put(mark_id, geometry=square(number * 100, index * 50, 20)))
        for mark_id in marks[:5]:
            statuses += save(read, put(mark_id, 1, text=f"thread {number}"))
        return statuses

    assert at_once(work) == [["applied"] * 25] * THREADS
    sequence, sequences = in_a_thread(check_history, read)
    assert sequence == THREADS * 25
    assert sequences == list(range(1, THREADS * 25 + 1))
    assert in_a_thread(lambda: Annotation.objects.filter(read=read).count()) == THREADS * 20


def test_of_eight_changes_on_one_revision_one_wins() -> None:
    read, mark_id = in_a_thread(make_read), uuid.uuid4()
    in_a_thread(save, read, put(mark_id))
    statuses = sorted(status for (status,) in at_once(lambda number: save(read, put(mark_id, 1, text=f"window {number}"))))
    assert statuses == ["applied"] + ["conflict"] * (THREADS - 1)
    assert in_a_thread(check_history, read) == (2, [1, 2])


def test_of_eight_repetitions_at_once_one_is_applied() -> None:
    read, create = in_a_thread(make_read), put()
    statuses = sorted(status for (status,) in at_once(lambda _number: save(read, create)))
    assert statuses == ["applied"] + ["replayed"] * (THREADS - 1)
    assert in_a_thread(check_history, read) == (1, [1])


def test_one_mark_id_in_eight_reads_at_once_is_one_mark() -> None:
    campaign = in_a_thread(make_campaign)
    reads = [in_a_thread(make_read, campaign) for _number in range(THREADS)]
    mark_id = uuid.uuid4()
    statuses = sorted(status for (status,) in at_once(lambda number: save(reads[number], put(mark_id))))
    assert statuses == ["applied"] + ["rejected"] * (THREADS - 1)


def test_one_operation_id_in_eight_reads_at_once_is_one_operation() -> None:
    campaign = in_a_thread(make_campaign)
    reads = [in_a_thread(make_read, campaign) for _number in range(THREADS)]
    operation_id = str(uuid.uuid4())
    statuses = sorted(status for (status,) in at_once(lambda number: save(reads[number], put() | {"operation_id": operation_id})))
    assert statuses == ["applied"] + ["rejected"] * (THREADS - 1)
    assert in_a_thread(Annotation.objects.count) == 1


def test_one_diagnosis_although_eight_windows_save_one() -> None:
    read = in_a_thread(make_read)
    statuses = sorted(status for (status,) in at_once(lambda _number: save(read, put(said=diagnosis()))))
    assert statuses == ["applied"] + ["rejected"] * (THREADS - 1)


def test_a_read_is_opened_once_although_eight_ask() -> None:
    from guardian.shortcuts import assign_perm

    def prepare() -> Any:
        campaign, reader = make_campaign(), make_user()
        assign_perm("annotation.read_campaign", reader, campaign)
        return campaign, campaign.campaign_images.get().image, reader

    campaign, image, reader = in_a_thread(prepare)
    opened = at_once(lambda _number: open_read(campaign=campaign, image=image, user=reader).pk)
    assert len(set(opened)) == 1


def test_submitting_while_others_save_closes_the_read_for_good() -> None:
    read = in_a_thread(make_read)
    in_a_thread(save, read, put(said=diagnosis()))

    def work(number: int) -> str:
        if number:
            return save(read, put())[0]
        sequence = Read.objects.get(pk=read.pk).sequence
        try:
            return submit_read(read=read, user=read.reader, sequence=sequence, active_seconds=1).state
        except ApiError as error:
            return error.code

    first, *others = at_once(work)
    state = in_a_thread(lambda: Read.objects.get(pk=read.pk).state)
    assert (first, state) in {("submitted", "submitted"), ("unsaved_changes", "open")}
    assert set(others) <= {"applied", "rejected"}
    sequence, sequences = in_a_thread(check_history, read)
    assert sequence == 1 + others.count("applied")
    assert sequences == list(range(1, sequence + 1))
