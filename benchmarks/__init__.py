"""How fast the library is, on policies and data that are made here. `python -m benchmarks --help`."""
