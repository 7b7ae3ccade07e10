"""The files that commands leave and reports read: each a tree of dataclasses, written once."""
