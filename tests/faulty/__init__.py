"""Faulty policies made from good ones: each claims the guarantee that its fault breaks. `python -m faulty --help`."""
