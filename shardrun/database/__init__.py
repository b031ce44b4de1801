"""A run's DuckDB file and the folder beside it: opened within limits, owned, locked, fingerprinted.

Nothing here knows what a run does with them.
"""
