"""What Hypothesis is told of our types when it is imported. So it imports nothing that takes long."""

from fractions import Fraction

from hypothesis import strategies as st

from assessdsl.period import Period
from assessdsl.quantity import Quantity, Unit


def register() -> None:
    """Strategies of values that a policy can hold: years of a calendar, numbers that have a unit."""
    st.register_type_strategy(Period, st.integers(1, 9999).map(Period))
    units = st.sampled_from([unit for unit in Unit if unit.is_number])
    numbers = st.builds(Fraction, st.integers(-(10**6), 10**6), st.integers(1, 1000))
    places = st.none() | st.integers(0, 4)
    st.register_type_strategy(Quantity, st.builds(Quantity, value=numbers, unit=units, places=places))
