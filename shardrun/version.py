"""The version, in a module that imports nothing, for whoever notes it down."""

__version__ = "0.1.0"
