"""Datasets: who is one person, which split they are in, what is in a version, and what two versions differ in."""
