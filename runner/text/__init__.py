"""What was written, and where: files as text and data, places in them, problems that point at a place."""
