"""Tools for those who work on Mitate; nothing here runs in service."""
