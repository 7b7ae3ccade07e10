"""Fuzzing: inputs made at random for every border of lutgen, judged by what a right answer is.

``python tests/fuzz --list`` names the targets; README.md says how to run and to add one.
"""
