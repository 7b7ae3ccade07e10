"""What the commands do, as functions: silent, they return records and raise the library's faults.

One module a job. The command line parses options, calls these and prints; a user's Python and the
benchmarks call the same. Long ones take a :class:`lutgen.jobs.progress.Progress`.
"""
