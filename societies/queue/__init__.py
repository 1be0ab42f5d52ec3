"""Which image comes next. Pure: plain rows in, plain rows out; no Django."""

from societies.queue.policies import Candidate, choose, free_slot, in_order

__all__ = ["Candidate", "choose", "free_slot", "in_order"]
