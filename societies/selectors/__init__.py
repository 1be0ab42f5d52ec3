"""What people of a society may see: permitted querysets and small read models."""
