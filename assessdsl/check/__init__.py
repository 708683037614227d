"""The checker: names, units and the rules of policies, before any data is seen."""

from assessdsl.check.check import check
from assessdsl.check.constants import constant, whole
from assessdsl.check.context import Checked
from assessdsl.check.points import residual_parts
from assessdsl.check.precedence import overriders
from assessdsl.check.targeted import is_targeted

__all__ = ["Checked", "check", "constant", "is_targeted", "overriders", "residual_parts", "whole"]
