"""From the text of a policy to its plan. What was read once is kept (`kept`); a text is read only where it must be, and
what is kept is made into a plan again only where one is needed."""

from typing import TYPE_CHECKING

from assessdsl.deferred import on_first_use

if TYPE_CHECKING:
    from assessdsl.reading.entries import body_of, plan_of, scores_alone
    from assessdsl.reading.texts import Reading, converted, read_policy, refused

__all__ = ["Reading", "body_of", "converted", "plan_of", "read_policy", "refused", "scores_alone"]

_ENTRIES = ("body_of", "plan_of", "scores_alone")
__getattr__ = on_first_use(
    __name__, {name: f"{__name__}.{'entries' if name in _ENTRIES else 'texts'}" for name in __all__}
)
