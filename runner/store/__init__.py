"""Run logs: one space of keys in memory or in one appended file."""
