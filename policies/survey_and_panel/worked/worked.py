"""The survey-and-panel assessment worked out from the prose of its rules (README.md), standard library only.

    python worked.py                write ../expected.json
    python worked.py 税务窗口        print the working of one office
    python worked.py --print        print what ../expected.json should hold

独立验算:只用标准库,按办法的文字逐步计算,不使用 assessdsl 的任何部分。
"""

import csv
import json
import sys
from fractions import Fraction
from pathlib import Path

HERE = Path(__file__).resolve().parent
FACTS = HERE.parent / "facts"
BALLOTS = {"好": Fraction(1), "较好": Fraction(80, 100), "一般": Fraction(60, 100), "差": Fraction(40, 100)}
QUARTERS = (("q1", "第一季度", 15), ("q2", "第二季度", 25), ("q3", "第三季度", 25), ("q4", "第四季度", 35))


def table(name):
    with open(FACTS / f"{name}.csv", encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


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


def to_one_place(value):
    """四舍六入五成双: to the nearest tenth; exactly half-way, to the even one."""
    tenths, rest = divmod(value * 10, 1)
    if rest > Fraction(1, 2) or (rest == Fraction(1, 2) and tenths % 2 == 1):
        tenths += 1
    return Fraction(tenths, 10)


offices, reported, judgements, history = table("entities"), table("facts"), table("judgements"), table("history")


def found(name, label):
    return [
        {"judgement": label, "author": row["认定人"], "evidence": row["依据"]}
        for row in judgements
        if row["单位"] == name and row["认定"] == label
    ]


def score(name):
    mine = [row for row in reported if row["单位"] == name]
    points, lines = {}, []

    # --- panel, 30 points: without the highest and the lowest mark; up to two judges: the mean; no panel: 60 %
    marks = sorted(Fraction(row["实绩"]) for row in mine if row["指标"] == "评审打分")
    kept = marks[1:-1] if len(marks) >= 3 else marks
    share = sum(kept) / len(kept) / 100 if kept else Fraction(60, 100)
    points["marks"] = panel = 30 * share
    lines.append(f"panel: {', '.join(map(exact, kept)) or 'none'} → {exact(panel)}")

    # --- public, 30 points: with 200 answers the result, with fewer 70 %, without a survey 60 %
    surveys = [row for row in mine if row["事实"] == "群众满意度"]
    opinion = None
    if not surveys:
        share = Fraction(60, 100)
    elif int(surveys[0]["样本数"]) < 200:
        share = Fraction(70, 100)
    else:
        share = opinion = Fraction(surveys[0]["实绩"].removesuffix("%")) / 100
    points["satisfaction"] = public = 30 * share
    lines.append(f"public: {exact(share)} → {exact(public)}")

    # --- review, 15 points: by the valid ballots; none valid: 60 %
    ballots = [(row["类别"], Fraction(row["实绩"])) for row in mine if row["指标"] == "评议得票"]
    valid = sum(number for grade, number in ballots if grade in BALLOTS)
    got = sum(BALLOTS[grade] * number for grade, number in ballots if grade in BALLOTS)
    points["ballots"] = review = 15 * (Fraction(got) / valid if valid else Fraction(60, 100))
    lines.append(f"review: {exact(got)} of {exact(valid)} → {exact(review)}")

    # --- quarterly, 25 points: 15, 25, 25, 35 %; a quarter that was not assessed leaves its weight to the others
    got, weights = Fraction(0), 0
    for indicator, label, weight in QUARTERS:
        rows = [Fraction(row["实绩"]) for row in mine if row["指标"] == label]
        points[indicator] = Fraction(25 * weight, 100) * rows[0] / 100 if rows else Fraction(0)
        if rows:
            got, weights = got + points[indicator], weights + weight
    quarterly = got * 100 / weights if weights else Fraction(0)
    lines.append(f"quarterly: {exact(got)} of {weights} % → {exact(quarterly)}")

    # --- the total; without any quarter its 25 points go to the other 75 in proportion; forged: nothing
    regular = panel + public + review + quarterly if weights else (panel + public + review) * 100 / 75
    before = Fraction(0) if found(name, "弄虚作假") else regular
    total = to_one_place(before)
    lines.append(f"total = {exact(regular)}, {exact(before)} → {exact(total)}")
    return {
        "name": name,
        "total": total,
        "opinion": opinion,
        "components": {"panel": panel, "public": public, "review": review, "quarterly": quarterly},
        "indicators": points,
        "lines": lines,
    }


def grade(everyone):
    """Ranks without gaps; four models, of whom some may not be; all who tie on the line."""
    keys = sorted({(one["total"], one["components"]["public"]) for one in everyone}, reverse=True)
    for one in everyone:
        one["rank"] = 1 + keys.index((one["total"], one["components"]["public"]))
    candidates = [one for one in everyone if one["total"] >= 85]
    for one in everyone:
        unpopular = one["opinion"] is not None and one["opinion"] < Fraction(60, 100)
        ahead = sum(other["rank"] < one["rank"] for other in candidates)
        if unpopular or one["total"] < 70:
            one["tier"] = "rectify"
        elif one in candidates and ahead < 4 and not found(one["name"], "受到上级通报批评"):
            one["tier"] = "model"
        else:
            one["tier"] = "standard"


def findings(one):
    result = []

    def say(name, within_days, status="raised", cites=()):
        result.append(
            {
                "name": name,
                "status": status,
                "within_days": within_days,
                "targets": [],
                "judgements": [{**cite, "judgement": "forged"} for cite in cites],
            }
        )

    if one["tier"] == "rectify":
        # The head is replaced instead, if last year was the same; which of the two is open where that is not known.
        last = [row["等次"] for row in history if row["单位"] == one["name"] and row["年度"] == "2022"]
        if not last:
            say("rectification", 60, status="undetermined")
            say("replacement", 30, status="undetermined")
        elif last == ["整改"]:
            say("replacement", 30)
        else:
            say("rectification", 60)
    if found(one["name"], "弄虚作假"):
        say("referral", 5, cites=found(one["name"], "弄虚作假"))
    return result


def work():
    everyone = {row["单位"]: score(row["单位"]) for row in offices}
    grade(list(everyone.values()))
    for one in everyone.values():
        one["findings"] = findings(one)
    return everyone


def expected(everyone):
    result = {}
    for name in sorted(everyone):
        one = everyone[name]
        result[name] = {
            "group": "window",
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
