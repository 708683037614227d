"""The SQL engine on Spark: all conformance cases, in local mode.

`make spark`, or in tests/: `python -m spark`. Wants the extra `spark` and Java 17 or newer.
"""
