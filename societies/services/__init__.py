"""What changes who may do what, and who holds which read: one verb a function."""
