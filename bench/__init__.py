"""Benchmarks: ``make bench`` runs all, ``python -m bench opening`` one. Nothing here runs in the tests."""
