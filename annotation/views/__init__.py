"""Pages: parse, ask one selector, render. Everything that changes something goes through the API."""
