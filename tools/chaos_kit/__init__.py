"""Chaos runs: one nemesis that owns all faults, clients that write a history, and a check of what is left."""
