"""A stage made shard by shard: its tasks, one worker's shard file, and the union of all.

What a worker imports stays small: importing this package loads nothing, and :mod:`worker` no dbt.
"""
