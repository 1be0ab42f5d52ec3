"""Two windows over a bad network against a small model of what must come out.

The network loses requests, loses answers, sends things twice and in another order; the windows retry with the same operation
id, meet conflicts, delete and restore. Whatever happens: each acknowledged operation is there once, histories have no gaps,
and what is deleted stays so until somebody restores it knowingly.
"""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from annotation.models import Annotation, Campaign, Read, Revision
from annotation.selectors.mark_lists import changes_since
from annotation.services.operations import OperationResult, apply_operations
from tests.annotation.marking.objects import delete, make_campaign, make_read, put

pytestmark = [pytest.mark.postgres, pytest.mark.django_db]


@dataclass
class Mark:
    """What the model knows of a mark."""

    revision: int
    deleted: bool
    text: str


@dataclass
class Window:
    """A browser window: what it holds to be true, and what it has not had an answer for."""

    known: dict[str, dict[str, Any]] = field(default_factory=dict)
    sequence: int = 0
    outbox: list[dict[str, Any]] = field(default_factory=list)

    def take(self, mark: dict[str, Any]) -> None:
        if mark["sequence"] >= self.known.get(mark["id"], {"sequence": 0})["sequence"]:
            self.known[mark["id"]] = mark


class SaveProtocol(RuleBasedStateMachine):
    campaign: Campaign

    @initialize()
    def begin(self) -> None:
        self.read: Read = make_read(self.campaign)
        self.model: dict[str, Mark] = {}
        self.applied: dict[str, dict[str, Any]] = {}
        self.acknowledged: set[str] = set()
        self.both = [Window(), Window()]

    # what people do

    @rule(window=st.integers(0, 1), text=st.text("ab", max_size=2))
    def draw(self, window: int, text: str) -> None:
        self.both[window].outbox.append(put(uuid.uuid4(), 0, text=text))

    @rule(window=st.integers(0, 1), choice=st.randoms(use_true_random=False), text=st.text("ab", max_size=2))
    def change_or_restore(self, window: int, choice: Any, text: str) -> None:
        known = self.both[window].known
        if known:
            mark = known[choice.choice(list(known))]
            self.both[window].outbox.append(put(mark["id"], mark["revision"], text=text))

    @rule(window=st.integers(0, 1), choice=st.randoms(use_true_random=False))
    def remove(self, window: int, choice: Any) -> None:
        known = self.both[window].known
        if known:
            mark = known[choice.choice(list(known))]
            self.both[window].outbox.append(delete(mark["id"], mark["revision"]))

    # what the network does

    @rule(window=st.integers(0, 1), choice=st.randoms(use_true_random=False), batch=st.integers(1, 4), answer_arrives=st.booleans())
    def send(self, window: int, choice: Any, batch: int, answer_arrives: bool) -> None:
        page = self.both[window]
        sent = choice.sample(page.outbox, min(batch, len(page.outbox)))
        if choice.random() < 0.2:
            sent += sent[:1]
        results = self.deliver(sent)
        if answer_arrives:
            for operation, result in zip(sent, results, strict=True):
                self.understand(page, operation, result)

    @rule(choice=st.randoms(use_true_random=False))
    def an_old_request_arrives_late(self, choice: Any) -> None:
        if self.applied:
            old = self.applied[choice.choice(list(self.applied))]
            (result,) = self.deliver([old])
            assert result.status == "replayed"

    @rule(choice=st.randoms(use_true_random=False))
    def a_used_id_comes_with_other_content(self, choice: Any) -> None:
        if self.applied:
            old = self.applied[choice.choice(list(self.applied))]
            forged = put(uuid.uuid4(), 0, text="forged") | {"operation_id": old["operation_id"]}
            (result,) = self.deliver([forged])
            assert result.status == "rejected"

    @rule(window=st.integers(0, 1))
    def pull(self, window: int) -> None:
        page = self.both[window]
        answer = json.loads(changes_since(self.read, page.sequence))
        for mark in answer["annotations"]:
            page.take(mark)
        page.sequence = answer["sequence"]

    # what must come of it

    def deliver(self, operations: list[dict[str, Any]]) -> list[OperationResult]:
        """Send operations, and predict what becomes of each."""
        outcome = apply_operations(user=self.read.reader, read_id=self.read.pk, operations=operations)
        for operation, result in zip(operations, outcome.results, strict=True):
            if operation["annotation"] and operation["annotation"]["text"] == "forged":
                continue
            assert result.status == self.predict(operation)
        assert outcome.sequence == len(self.applied)
        return outcome.results

    def predict(self, operation: dict[str, Any]) -> str:
        """Advance the model by one operation and return its status."""
        if operation["operation_id"] in self.applied:
            return "replayed"
        mark = self.model.get(operation["annotation_id"])
        if mark is None and operation["base_revision"]:
            return "rejected"
        removes = operation["verb"] == "delete"
        if mark is not None and (mark.revision != operation["base_revision"] or (removes and mark.deleted)):
            return "conflict"
        self.applied[operation["operation_id"]] = operation
        text = mark.text if removes and mark else "" if removes else operation["annotation"]["text"]
        self.model[operation["annotation_id"]] = Mark(operation["base_revision"] + 1, removes, text)
        return "applied"

    def understand(self, page: Window, operation: dict[str, Any], result: OperationResult) -> None:
        """Let a window take an answer in: what is answered leaves the outbox, and the server's state is believed."""
        page.outbox = [waiting for waiting in page.outbox if waiting["operation_id"] != operation["operation_id"]]
        if result.annotation is not None:
            page.take(result.annotation)
        if result.status in ("applied", "replayed"):
            self.acknowledged.add(operation["operation_id"])

    @invariant()
    def the_server_holds_what_the_model_holds(self) -> None:
        if not hasattr(self, "read"):
            return
        rows = Annotation.objects.filter(read=self.read)
        assert {str(row.pk): Mark(row.revision, row.deleted, row.text) for row in rows} == self.model

    def teardown(self) -> None:
        if not hasattr(self, "read"):
            return
        revisions = list(Revision.objects.filter(read=self.read).order_by("sequence"))
        assert [row.sequence for row in revisions] == list(range(1, len(revisions) + 1))
        stored = [str(row.operation_id) for row in revisions]
        assert len(set(stored)) == len(stored)
        assert self.acknowledged <= set(stored) == set(self.applied)
        self.check_histories(revisions)
        for window in (0, 1):
            self.pull(window)
            alive = {mark_id for mark_id, mark in self.both[window].known.items() if not mark["deleted"]}
            assert alive == {mark_id for mark_id, mark in self.model.items() if not mark.deleted}

    def check_histories(self, revisions: list[Revision]) -> None:
        """Each mark's revisions follow one another, and only a restore ends a deletion."""
        last: dict[uuid.UUID, Revision] = {}
        for row in revisions:
            before = last.get(row.annotation_id)
            assert row.number == (before.number + 1 if before else 1)
            gone = before is not None and before.verb == "delete"
            expected = {"create"} if before is None else {"restore"} if gone else {"update", "delete"}
            assert row.verb in expected
            assert row.body["deleted"] == (row.verb == "delete")
            last[row.annotation_id] = row


def test_two_windows_over_a_bad_network() -> None:
    campaign = make_campaign()

    class Machine(SaveProtocol):
        pass

    Machine.campaign = campaign
    run_state_machine_as_test(
        Machine,
        settings=settings(max_examples=40, stateful_step_count=30, deadline=None, suppress_health_check=list(HealthCheck)),
    )
