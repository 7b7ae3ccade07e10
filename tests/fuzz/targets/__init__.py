"""A module a border; each has a list ``TARGETS``."""
