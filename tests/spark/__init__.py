"""The SQL engine on Spark: all conformance cases and the example policies, in local mode.

`make spark`, or in tests/: `python -m spark`. Wants the extra `spark` and Java 17 or newer.
"""
