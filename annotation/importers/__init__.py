"""Imports: files of other tools in, facts of marks out, each with a report of what was refused and what is lost. No database."""
