"""Staged, period-by-period dbt-duckdb runs: fast, deterministic, restartable."""

__version__ = "0.1.0"
