"""Tables to exact values, by what a plan takes."""

from assessdsl.binding.bind import Bound, bind
from assessdsl.binding.frozen import Change

__all__ = ["Bound", "Change", "bind"]
