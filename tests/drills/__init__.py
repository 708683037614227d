"""Drills: what a register is put through, longer than the tests do. `make drills`, or `python -m drills` in `tests`."""
