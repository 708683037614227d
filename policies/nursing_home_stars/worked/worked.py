"""The star rating worked out from the prose of its rules (README.md), with the standard library only.

python worked.py            write ../expected.json
python worked.py hazel      print the working of one home
python worked.py --print    print what ../expected.json should hold
"""

import csv
import json
import sys
from fractions import Fraction
from pathlib import Path

HERE = Path(__file__).resolve().parent
FACTS = HERE.parent / "facts"
STARS = ["five", "four", "three", "two", "one"]
DEFICIENCY = {"A": Fraction(15), "B": Fraction(6), "C": Fraction(2), "D": Fraction(1, 2)}


def table(name):
    with open(FACTS / f"{name}.csv", encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def number(text):
    """A cell: "8.6%" is 43/500, "48" is 48. An empty cell is None, which is not zero."""
    if text == "":
        return None
    return Fraction(text[:-1]) / 100 if text.endswith("%") else Fraction(text)


def exact(value):
    """A fraction as a decimal if it has an end, else as n/d."""
    value = Fraction(value)
    rest, places = value.denominator, 0
    for prime in (10, 2, 5):
        while rest % prime == 0:
            rest, places = rest // prime, places + 1
    if rest != 1:
        return f"{value.numerator}/{value.denominator}"
    while places and (value * 10 ** (places - 1)).denominator == 1:
        places -= 1
    digits = str(abs(int(value * 10**places))).rjust(places + 1, "0")
    whole, part = (digits[:-places], digits[-places:]) if places else (digits, "")
    return ("-" if value < 0 else "") + whole + ("." + part if part else "")


def held(value, most):
    return max(Fraction(0), min(Fraction(most), value))


homes, reported, judgements, history = table("entities"), table("facts"), table("judgements"), table("history")


def found(home, judgement):
    return [
        {"judgement": judgement, "author": row["author"], "evidence": row["evidence"]}
        for row in judgements
        if row["entity"] == home and row["judgement"] == judgement
    ]


def rate(home):
    name, points, lines = home["entity"], {}, []
    days = number(home["resident_days"])

    # --- care, 40 points
    hours = number(home["nursing_hours"]) / days
    if hours >= Fraction(41, 10):
        share = Fraction(1)
    elif hours >= Fraction(35, 10):
        share = Fraction(80, 100)
    elif hours >= 3:
        share = Fraction(60, 100)
    elif hours >= Fraction(25, 10):
        share = Fraction(40, 100)
    else:
        share = Fraction(0)
    points["staffing"] = 20 * share
    lines.append(f"staffing: {exact(hours)} hours → {exact(points['staffing'])}")

    falls = number(home["falls"]) * 1000 / days
    points["fall"] = held(10 - 2 * falls, 10)
    lines.append(f"fall: {exact(falls)} in 1000 resident days → {exact(points['fall'])}")

    sores = number(home["sores"])
    points["sore"] = Fraction(0) if sores is None else held(10 * (1 - sores / Fraction(10, 100)), 10)
    lines.append(f"sore: {'not reported' if sores is None else exact(sores)} → {exact(points['sore'])}")
    care = points["staffing"] + points["fall"] + points["sore"]

    # --- special care, 10 points: only the services that the home has; the other's points go to it
    # A service without a report has none.
    trained, back_home = number(home["dementia_training"]), number(home["back_home"])
    points["dementia"] = points["rehabilitation"] = Fraction(0)
    offered = 0
    if home["dementia_unit"] == "yes":
        offered += 6
        if trained is not None and trained >= Fraction(80, 100):
            points["dementia"] = Fraction(6)
        elif trained is not None and trained >= Fraction(50, 100):
            points["dementia"] = Fraction(3)
    if home["rehabilitation_unit"] == "yes":
        offered += 4
        points["rehabilitation"] = 4 * (back_home or Fraction(0))
    special = (points["dementia"] + points["rehabilitation"]) * Fraction(10, offered) if offered else Fraction(0)
    lines.append(f"special care: {offered} of 10 points apply → {exact(special)}")

    # --- safety, 25 points: less for each deficiency; with one of class A at most 10
    classes = [row["category"] for row in reported if row["entity"] == name and row["indicator"] == "inspection"]
    safety = held(25 - sum((DEFICIENCY[one] for one in classes), Fraction(0)), 25)
    if "A" in classes:
        safety = min(safety, Fraction(10))
    points["inspection"] = safety
    lines.append(f"inspection: {''.join(classes) or 'nothing found'} → {exact(safety)}")

    # --- residents, 25 points
    surveys = [row for row in reported if row["entity"] == name and row["fact"] == "answers"]
    sufficient = bool(surveys) and int(surveys[0]["sample"]) >= 30
    share = number(surveys[0]["actual"]) if sufficient else Fraction(50, 100)
    points["satisfaction"] = 15 * share
    lines.append(f"satisfaction: {exact(share)} → {exact(points['satisfaction'])}")
    complaints, in_time = number(home["complaints"]), number(home["in_time"]) or Fraction(0)
    points["complaint"] = 10 * in_time / complaints if complaints else Fraction(10)
    lines.append(f"complaint: {exact(in_time)} of {exact(complaints)} → {exact(points['complaint'])}")
    residents = points["satisfaction"] + points["complaint"]

    # --- the total. Without any special care its 10 points go to the other 90 in proportion.
    before = care + special + safety + residents
    if not offered:
        before = before * 100 / 90
    total = Fraction(int(before * 100 + Fraction(1, 2)), 100)
    lines.append(f"total = {exact(before)} → {exact(total)}")

    # --- stars: by total, then the strictest of the caps
    reached = next((s for s, least in zip(STARS[:4], (85, 75, 60, 45), strict=True) if total >= least), "one")
    caps = []
    if hours < 3:
        caps.append("three")
    if not sufficient:
        caps.append("four")
    if safety < Fraction(25, 2):
        caps.append("two")
    if found(name, "abuse") or found(name, "suspension"):
        caps.append("one")
    stars = max([reached, *caps], key=STARS.index)
    lines.append(f"{reached} by points, caps {caps} → {stars}")
    return {
        "name": name,
        "total": total,
        "tier": stars,
        "components": {"care": care, "special": special, "safety": safety, "residents": residents},
        "indicators": points,
        "lines": lines,
    }


def findings(one):
    result = []

    def say(name, within_days, status="raised", judgements=()):
        result.append(
            {
                "name": name,
                "status": status,
                "within_days": within_days,
                "targets": [],
                "judgements": list(judgements),
            }
        )

    if one["tier"] in ("one", "two"):
        say("plan", 30)
    if one["tier"] == "one":
        last = [row["tier"] for row in history if row["entity"] == one["name"] and row["period"] == "2022"]
        if not last:
            say("focus", 15, status="undetermined")
        elif last == ["one"]:
            say("focus", 15)
    if found(one["name"], "abuse"):
        say("referral", 5, judgements=found(one["name"], "abuse"))
    return result


def work():
    everyone = {home["entity"]: rate(home) for home in homes}
    for one in everyone.values():
        mine = (one["total"], one["components"]["safety"])
        one["rank"] = 1 + sum((other["total"], other["components"]["safety"]) > mine for other in everyone.values())
        one["findings"] = findings(one)
    return everyone


def expected(everyone):
    result = {}
    for name in sorted(everyone):
        one = everyone[name]
        result[name] = {
            "group": "home",
            "total": exact(one["total"]),
            "rank": one["rank"],
            "tier": one["tier"],
            "components": {part: exact(value) for part, value in one["components"].items()},
            "indicators": {part: exact(value) for part, value in one["indicators"].items()},
            "findings": one["findings"],
            "register": [],
        }
    return json.dumps({"entities": result}, ensure_ascii=False, indent=1) + "\n"


def main(arguments):
    everyone = work()
    if not arguments:
        (HERE.parent / "expected.json").write_text(expected(everyone), "utf-8", newline="\n")
    elif arguments == ["--print"]:
        sys.stdout.buffer.write(expected(everyone).encode())
    else:
        for name in arguments:
            one = everyone[name]
            print(name, *one["lines"], sep="\n  ")
            print(f"  rank {one['rank']}, {one['tier']}", *(str(finding) for finding in one["findings"]), sep="\n  ")


if __name__ == "__main__":
    main(sys.argv[1:])
