"""The yearly appraisal worked out from the prose of its rules (README.md), with the standard library only.

    python worked.py            write ../expected.json
    python worked.py 郑国梁      print the working of one person
    python worked.py --print    print what ../expected.json should hold

独立验算:只用标准库,按办法的文字逐步计算,不使用 assessdsl 的任何部分。
"""

import csv
import json
import sys
from fractions import Fraction
from pathlib import Path

HERE = Path(__file__).resolve().parent
FACTS = HERE.parent / "facts"
UNITS = {"县财政局": "finance", "县民政局": "civil_affairs", "县档案馆": "archives"}
QUARTER = {"好": Fraction(1), "较好": Fraction(85, 100), "一般": Fraction(60, 100), "较差": Fraction(0)}
BALLOT = {"优秀": Fraction(1), "称职": Fraction(80, 100), "基本称职": Fraction(60, 100), "不称职": Fraction(40, 100)}
CLASSES = (("by_leaders", "班子成员测评", 12), ("by_middle", "中层干部测评", 9), ("by_staff", "一般干部测评", 9))


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


people, targets, reported = table("entities"), table("targets"), table("facts")
judgements, history = table("judgements"), table("history")


def found(person, judgement):
    return any(row["单位"] == person and row["认定"] == judgement for row in judgements)


def score(person):
    name = person["单位"]
    mine = [row for row in reported if row["单位"] == name]
    lines, indicators = [], {}

    # --- 平时考核, 40 points: the mean of the quarters that were graded
    grades = [QUARTER[row["类别"]] for row in mine if row["指标"] == "季度评鉴"]
    daily = indicators["quarters"] = 40 * sum(grades) / len(grades)
    lines.append(f"quarters: mean of {', '.join(map(exact, grades))} × 40 = {exact(daily)}")

    # --- 目标任务, 30 points: by weight; done over planned, at most all; a task without a report counts as not done
    tasks = [row for row in targets if row["单位"] == name]
    weights = sum(Fraction(row["权重"]) for row in tasks)
    duties = Fraction(0)
    for task in tasks:
        report = [row["实绩"] for row in mine if row["目标编号"] == task["目标编号"] and row["实绩"]]
        done = Fraction(report[0]) if report else Fraction(0)
        share = min(Fraction(1), done / Fraction(task["计划"]))
        duties += 30 * Fraction(task["权重"]) / weights * share
        lines.append(f"task {task['目标编号']}: {exact(done)} of {task['计划']} → {exact(share)}")
    indicators["task"] = duties
    lines.append(f"duties = {exact(duties)}" if tasks else "duties: no task was given")

    # --- 民主测评, 30 points: leaders 12, middle 9, staff 9; each class by its valid ballots. A class without
    # ballots leaves its points to the others in proportion.
    got, open_points = Fraction(0), 0
    for indicator, label, points in CLASSES:
        rows = [(row["类别"], Fraction(row["实绩"])) for row in mine if row["指标"] == label]
        if not rows:
            indicators[indicator] = Fraction(0)
            lines.append(f"{indicator}: nobody of this class")
            continue
        valid = sum(number for grade, number in rows if grade != "弃权")
        share = sum(BALLOT[grade] * number for grade, number in rows if grade != "弃权") / valid
        indicators[indicator] = points * share
        got, open_points = got + points * share, open_points + points
        lines.append(
            f"{indicator}: {exact(share)} of {exact(valid)} valid ballots × {points} = {exact(points * share)}"
        )
    voting = got * 30 / open_points
    lines.append(f"voting = {exact(got)} × 30/{open_points} = {exact(voting)}")

    # --- 旷工: a point a day, at most 5
    days = sum(Fraction(row["实绩"]) for row in mine if row["事实"] == "旷工天数")
    indicators["absence"] = days
    attendance = min(Fraction(5), days)

    # --- the total: without tasks, their 30 points go to the other 70 in proportion. One place, halves up.
    regular = daily + duties + voting if tasks else (daily + voting) * 100 / 70
    before = regular - attendance
    total = Fraction(int(before * 10 + Fraction(1, 2)), 10)
    lines.append(f"total = {exact(regular)} - {exact(attendance)} = {exact(before)} → {exact(total)}")
    return {
        "name": name,
        "group": UNITS[person["组别"]],
        "months": int(person["在岗月数"]),
        "days": days,
        "total": total,
        "duties": duties,
        "components": {"daily": daily, "duties": duties, "voting": voting, "attendance": attendance},
        "indicators": indicators,
        "lines": lines,
    }


def grade(peers):
    """Ranks and grades of one unit."""
    for one in peers:
        mine = (one["total"], one["duties"])
        one["rank"] = 1 + sum((other["total"], other["duties"]) > mine for other in peers)
    # One place for each five people, halves up: (n + 2.5) / 5, rounded down.
    places = int(Fraction(len(peers), 5) + Fraction(1, 2))
    barred = ("受警告处分", "受记过以上处分", "经组织认定不能胜任")
    candidates = [
        one
        for one in peers
        if one["months"] >= 6
        and one["total"] >= 85
        and one["days"] == 0
        and not any(found(one["name"], judgement) for judgement in barred)
    ]
    for one in peers:
        ahead_or_level = sum(other["rank"] <= one["rank"] for other in candidates)
        if one["months"] < 6:
            one["tier"] = "ungraded"
        elif any(found(one["name"], judgement) for judgement in barred[1:]):
            one["tier"] = "incompetent"
        elif one in candidates and ahead_or_level <= places:
            one["tier"] = "excellent"
        elif one["total"] >= 70:
            one["tier"] = "competent"
        elif one["total"] >= 60:
            one["tier"] = "basic"
        else:
            one["tier"] = "incompetent"


def published(name, year):
    """The grade of an earlier year; None if nothing was published."""
    rows = [row["等次"] for row in history if row["单位"] == name and row["年度"] == str(year)]
    return rows[0] if rows else None


def findings(one):
    result = []

    def say(name, within_days, status="raised"):
        result.append(
            {"name": name, "status": status, "within_days": within_days, "targets": [], "judgements": []},
        )

    if one["tier"] == "basic":
        say("talk", 15)
    if one["tier"] == "incompetent":
        # Dismissal takes the place of the demotion; which of the two it is, is open where last year is not known.
        last = published(one["name"], 2022)
        if last is None:
            say("demotion", 30, status="undetermined")
            say("dismissal", 30, status="undetermined")
        else:
            say("dismissal" if last == "不称职" else "demotion", 30)
    if one["tier"] == "excellent":
        earlier = [published(one["name"], year) for year in (2022, 2021)]
        if all(tier in (None, "优秀") for tier in earlier):
            say("merit", 30, status="undetermined" if None in earlier else "raised")
    return result


def work():
    everyone = {person["单位"]: score(person) for person in people}
    for unit in UNITS.values():
        peers = [one for one in everyone.values() if one["group"] == unit]
        grade(peers)
        for one in peers:
            one["findings"] = findings(one)
    return everyone


def expected(everyone):
    result = {}
    for name in sorted(everyone):
        one = everyone[name]
        result[name] = {
            "group": one["group"],
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
            print(f"{name} ({one['group']})", *one["lines"], sep="\n  ")
            print(f"  rank {one['rank']}, {one['tier']}", *(str(finding) for finding in one["findings"]), sep="\n  ")


if __name__ == "__main__":
    main(sys.argv[1:])
