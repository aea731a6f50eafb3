"""The agent: runs one attempt of one node. Standard library only, Python 3.9 and later."""
