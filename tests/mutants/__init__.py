"""Small faults planted in the library itself: do the tests notice each? `python -m mutants --help`."""
