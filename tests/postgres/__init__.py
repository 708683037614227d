"""The SQL engine on PostgreSQL: all conformance cases, in a cluster of its own that lives as long as the run.

`make postgres`, or in tests/: `python -m postgres`. Wants the server's programs (Debian: `apt install postgresql`).
"""
