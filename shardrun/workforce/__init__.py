"""The workforce domain: a census made up or brought in, and the model's own parameters.

It stands beside the executor, which never imports it.
"""
