"""Where authors who had only the manual stumbled: each place says what is meant, or does what they meant."""

import pytest

import assessdsl
from assessdsl.diagnostics import Diagnostic

POLICY = """policy p "p" {{
  period 2022
  full 100 points
  group g "g"
  fact n number "n" missing error
  fact r percent "r" missing error
  {declared}
  component c "c" {{
    points 100 points
    indicator i "i" {{
      points 100 points
      missing error
      score {score}
    }}
  }}
  {outcome}
}}
"""


def text(score: str = "100%", declared: str = "", outcome: str = "") -> str:
    return POLICY.format(score=score, declared=declared, outcome=outcome)


def remarks(source: str) -> list[Diagnostic]:
    return [found for found in assessdsl.engine.check_text("policy.assess", source)[1] if found.is_error]


def total(source: str, **facts: object) -> str:
    record = {"entity": "a", "group": "g", "n": 3000, "r": 5, **facts}
    result = assessdsl.evaluate(assessdsl.loads(source), [record])
    return str(result.entities["a"].total.value)


# ---------------------------------------------------------------- a name of the prelude


def test_a_definition_may_have_the_name_of_a_form_of_the_prelude() -> None:
    own = "define whole_steps(x, step) = floor(x / 1500)"
    assert total(text("whole_steps(n, 7) * 10%", own)) == "20"
    assert remarks(text("whole_steps(n) * 10%", own))[0].code == "AS2114"


def test_the_prelude_goes_on_meaning_its_own() -> None:
    own = "define whole_steps(x, step) = floor(x / 1500)"
    assert total(text("band(n, 1000, 10%, 100%)", own)) == total(text("band(n, 1000, 10%, 100%)")) == "30"


def test_a_definition_with_the_name_of_a_built_in_gives_one_remark() -> None:
    found = remarks(text("max(n) * 1%", "define max(x) = x"))
    assert [remark.code for remark in found] == ["AS2118"]


# ---------------------------------------------------------------- lines


@pytest.mark.parametrize(
    "score",
    [
        "if n > 1\n    then 40%\n    else 60%",
        "if n > 1\n\n      and n < 9000  # both\n    # and so\n    then 40% else 60%",
        "0.2 * 100%\n    + 20%",
        "clamp(40%, 0%\n    , 100%)",
        "if n\n >= 5 then 40% else 60%",
    ],
)
def test_a_line_that_starts_with_an_operator_goes_on(score: str) -> None:
    assert total(text(score)) == "40"


def test_a_consequence_may_stand_on_the_next_line() -> None:
    assert total(text("100%", outcome="gate z when n > 1\n    then at most 30 points")) == "30"


def test_in_chinese_too() -> None:
    assert total(text("如果 n > 1\n      则 40%\n      否则 60%")) == "40"


def test_what_stands_behind_a_line_that_is_wrong_is_not_remarked_on() -> None:
    (found,) = remarks(text("if @ > 1\n    then 40%\n    else 60%"))
    assert (found.code, found.span.text) == ("AS1010", "@")
