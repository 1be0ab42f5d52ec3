"""Talking to model endpoints: protocol, address pinning, limits, checks and ranking. No database, no framework."""
