"""One verb a file: `OPTIONS`, a list of (flags, keywords of add_argument), and `run(args) -> exit code`."""
