"""The papers' experiments as studies: each measures, compares with the paper, and says what holds.

A study is run by :func:`lutgen.studies.runner.run_study`; `registry` lists them.
"""
