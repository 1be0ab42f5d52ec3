"""Exports: facts of cases in, files of known formats out, each with a report of what the format cannot hold. No database."""
