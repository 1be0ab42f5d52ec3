"""Marks: documents, label sets, campaigns, reads, annotations and their revisions, suggestions and exports. Knows no society."""
