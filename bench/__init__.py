"""Benchmarks: the one place that speed claims come from.

Everything is compared side by side in one go on one machine, and given as a ratio of medians.
"""
