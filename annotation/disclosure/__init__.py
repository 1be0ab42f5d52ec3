"""What may leave, to whom, and in which form: tiers of disclosure, re-keyed names, and the gate."""
