"""The whole life of a register at random, beside a plain model of it."""
