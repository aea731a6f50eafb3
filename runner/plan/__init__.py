"""From what was resolved to the plan: a frozen tree that every executor reads."""
