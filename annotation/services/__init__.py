"""Writes to marks and campaigns: one verb a function, keyword-only arguments, typed refusals, events on commit."""
