"""The rules of a run, pure: standard library alone, the same bytes in the driver and in a pod."""
