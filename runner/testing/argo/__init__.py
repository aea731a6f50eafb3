"""Oracles for Workflows of Argo: what its API takes, what its linter says, what its controller does with them."""
