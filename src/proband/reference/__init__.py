"""Small pinned tables, each with its source."""
