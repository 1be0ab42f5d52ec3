"""Permitted reads of marks and campaigns; what is none of the asker's business is not found."""
