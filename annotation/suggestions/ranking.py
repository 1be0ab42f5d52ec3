"""How unsure a model is, from its scores: 0 sure to 1 unsure. The queue asks for the unsure images first."""

import math
from collections.abc import Sequence
from typing import Literal

Strategy = Literal["entropy", "margin", "least_confidence"]


def class_uncertainty(scores: Sequence[float], strategy: Strategy = "entropy") -> float | None:
    """Return the uncertainty of a classification; None where there is nothing to be unsure between.

    Scores are probabilities of labels that exclude each other; they are scaled to sum to 1 first, so that labels dropped
    on the way do not look like certainty. Entropy is divided by that of equal scores, margin is 1 minus the lead of the
    first over the second, least confidence is scaled to reach 1 at equal scores.
    """
    total = math.fsum(scores)
    if len(scores) < 2 or total <= 0.0:
        return None
    shares = sorted((score / total for score in scores), reverse=True)
    if strategy == "margin":
        return _clip(1.0 - (shares[0] - shares[1]))
    if strategy == "least_confidence":
        count = len(shares)
        return _clip((1.0 - shares[0]) * count / (count - 1))
    return _clip(-math.fsum(share * math.log(share) for share in shares if share > 0.0) / math.log(len(shares)))


def detection_uncertainty(score: float) -> float:
    """Return the uncertainty of one shape from its score: 1 at a score of one half, 0 at 0 and 1."""
    return _clip(1.0 - abs(2.0 * score - 1.0))


def image_uncertainty(scores: Sequence[float]) -> float | None:
    """Return the uncertainty of an image from the scores of its shapes: their mean; None for an image without any."""
    if not scores:
        return None
    return _clip(math.fsum(detection_uncertainty(score) for score in scores) / len(scores))


def _clip(value: float) -> float:
    return min(1.0, max(0.0, value))
