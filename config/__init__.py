"""Composition: settings, addresses, entry points and the commands that run the whole."""
