"""One run: what starts when, what became of it, and where it is remembered."""
