"""The examples of properties: the same for every change, and whether any fails is all that is asked. To make one that
does smaller would take most of the time."""

from hypothesis import Phase, settings

settings.register_profile("mutants", deadline=None, derandomize=True, phases=(Phase.explicit, Phase.generate))
