"""SQLite as one process of several threads writes to it: in turn."""
