"""The version of lutgen."""

__version__ = "0.2.0.dev0"
