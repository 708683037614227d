"""From the text of a policy to its plan. What was read once is kept (`kept`); a text is read only where it must be."""

from typing import TYPE_CHECKING

from assessdsl.deferred import on_first_use

if TYPE_CHECKING:
    from assessdsl.reading.texts import Reading, converted, read_policy

__all__ = ["Reading", "converted", "read_policy"]

__getattr__ = on_first_use(__name__, dict.fromkeys(__all__, f"{__name__}.texts"))
