"""Trained heads of the photograph classifier: multinomial logistic regression, and where its versions are kept.

Parameters are plain numbers in JSON files, one a version, written whole or not at all. Nothing is unpickled.
"""

import json
import os
import re
import secrets
import threading
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy import optimize, special

Floats = NDArray[np.float64]

HEAD_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}\Z")
# Strength of the pull towards zero, per example: strong with few examples, so that ten of them do not make it sure.
REGULARISATION = 4.0


@dataclass(frozen=True, slots=True)
class Head:
    """One trained version.

    Attributes:
        version: Counts up from 1.
        labels: What it can tell apart, in the order of the weights' columns.
        examples: How many pictures it was taught with.
        weights: Features x labels, for standardised features.
        offsets: One a label.
        mean: Of each feature over the examples.
        spread: Standard deviation of each feature over the examples, never 0.
    """

    version: int
    labels: list[str]
    examples: int
    weights: list[list[float]]
    offsets: list[float]
    mean: list[float]
    spread: list[float]

    def scores(self, features: Floats) -> Floats:
        """Return the probability of each label; they sum to 1."""
        standard = (features - np.asarray(self.mean)) / np.asarray(self.spread)
        return np.asarray(special.softmax(standard @ np.asarray(self.weights) + np.asarray(self.offsets)), dtype=np.float64)

    def scores_for(self, features: Floats, wanted: Sequence[str]) -> Floats:
        """Return probabilities over the wanted labels; they sum to 1.

        A label it was never taught shares what Laplace's rule leaves to the unseen, so that a new diagnosis is possible
        rather than excluded.
        """
        known = dict(zip(self.labels, self.scores(features), strict=True))
        unseen = [label for label in wanted if label not in known]
        seen_total = sum(float(known[label]) for label in wanted if label in known)
        left = len(unseen) / (self.examples + len(unseen)) if seen_total > 0 else 1.0
        found = [
            (1.0 - left) * float(known[label]) / seen_total if label in known and seen_total > 0 else left / max(1, len(unseen))
            for label in wanted
        ]
        return np.asarray(found, dtype=np.float64)


def fit(features: Floats, labels: Sequence[str], *, version: int) -> Head:
    """Return a head taught with the examples (axes example, feature), one label each."""
    names = sorted(set(labels))
    truth = np.zeros((len(labels), len(names)))
    truth[np.arange(len(labels)), [names.index(label) for label in labels]] = 1.0
    mean, spread = features.mean(axis=0), features.std(axis=0)
    spread = np.where(spread > 1e-6, spread, 1.0)
    standard = (features - mean) / spread
    shape = (standard.shape[1] + 1, len(names))

    def loss(flat: Floats) -> tuple[float, Floats]:
        parameters = flat.reshape(shape)
        scores = standard @ parameters[:-1] + parameters[-1]
        log_chance = scores - special.logsumexp(scores, axis=1, keepdims=True)
        pull = 0.5 * REGULARISATION * float(np.sum(parameters[:-1] ** 2))
        slope = np.exp(log_chance) - truth
        gradient = np.vstack([standard.T @ slope + REGULARISATION * parameters[:-1], slope.sum(axis=0, keepdims=True)])
        return pull - float(np.sum(truth * log_chance)), gradient.ravel()

    solved = optimize.minimize(loss, np.zeros(shape[0] * shape[1]), jac=True, method="L-BFGS-B", options={"maxiter": 300})
    parameters = np.asarray(solved.x).reshape(shape)
    # Offsets are free, so a single label or a label seen once could run away: keep them in a sane range.
    offsets = np.clip(parameters[-1], -6.0, 6.0)
    return Head(version, names, len(labels), parameters[:-1].tolist(), offsets.tolist(), mean.tolist(), spread.tolist())


class HeadStore:
    """Versions of heads in a folder: ``<folder>/<head>/<version>.json``. Safe for threads of one process."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = threading.Lock()
        self._newest: dict[str, Head] = {}

    def newest(self, name: str) -> Head | None:
        """Return the newest version of a head, or None if it was never taught."""
        with self._lock:
            return self._read_newest(name)

    def teach(self, name: str, features: Floats, labels: Sequence[str]) -> Head:
        """Fit a new version, keep it and return it."""
        with self._lock:
            before = self._read_newest(name)
            head = fit(features, labels, version=(before.version if before else 0) + 1)
            self._write(name, head)
            self._newest[name] = head
            return head

    def _read_newest(self, name: str) -> Head | None:
        if name not in self._newest:
            versions = [int(path.stem) for path in (self._folder / name).glob("*.json") if path.stem.isdigit()]
            if not versions:
                return None
            path = self._folder / name / f"{max(versions)}.json"
            self._newest[name] = Head(**json.loads(path.read_text("utf-8")))
        return self._newest[name]

    def _write(self, name: str, head: Head) -> None:
        folder = self._folder / name
        folder.mkdir(parents=True, exist_ok=True)
        fresh = folder / f".{secrets.token_hex(6)}"
        with fresh.open("w", encoding="utf-8") as file:
            json.dump(asdict(head), file, allow_nan=False)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(folder / f"{head.version}.json")
