"""The limits within which policies and tables are read, so that no input can exhaust the machine."""

from typing import NamedTuple


class Limits(NamedTuple):
    """What is read at the most. Each limit that is exceeded gives a diagnostic of its own."""

    file_bytes: int = 1 << 20  # one policy file
    extended_files: int = 8  # policies that one policy extends, through one another
    extended_bytes: int = 2 << 20  # a policy and all that it extends
    table_bytes: int = 64 << 20  # one table
    table_rows: int = 2_000_000
    nesting: int = 64  # blocks, brackets and operators within one another
    statements: int = 10_000  # of one policy
    expression_nodes: int = 10_000
    digits: int = 50  # of one number, before and after the point together
    compared_names: int = 200_000  # in looking for what misspelt words were meant to be, within one stage
    name_characters: int = 100
    text_characters: int = 2_000  # of a label
    diagnostics_shown: int = 100
    diagnostics_kept: int = 10_000  # of each severity, of data: a million wrong rows must not fill the memory
    places_shown: int = 5  # of the other places that one diagnostic speaks of
    message_characters: int = 400  # of an author's text that is quoted in a message
    plan_steps: int = 200_000
    function_calls: int = 20_000  # of the policy's own functions and the prelude's, with different operands
    result_digits: int = 4_000  # of the numerator and of the denominator of a calculated number
    streak_years: int = 20
    dropped: int = 1_000  # of the highest and of the lowest in a trimmed mean
    rounding_places: int = 30
    event_bytes: int = 1 << 20  # of one event of a register, in its canonical text


LIMITS = Limits()
