"""The hospital's scorecard worked out from the prose of its rules (README.md), with the standard library only.

    python worked.py            write ../expected.json
    python worked.py 儿科        print the working of one department
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
GROUPS = {"手术科室": "surgical", "非手术科室": "medical", "医技科室": "technical"}
LEVELS = {"国家级": Fraction(3), "省级": Fraction(2), "市级": Fraction(1)}
TIERS = ["excellent", "good", "pass", "fail"]


def table(name):
    with open(FACTS / f"{name}.csv", encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def number(text):
    """A cell: "8.6%" is 43/500, "3.5万元" is 35000, "48" is 48. An empty cell is None, which is not zero."""
    if text == "":
        return None
    if text.endswith("%"):
        return Fraction(text[:-1]) / 100
    if text.endswith("万元"):
        return Fraction(text[:-2]) * 10_000
    return Fraction(text)


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


def whole(value):
    """Whole steps; what is below nothing is no step."""
    return max(0, value.numerator // value.denominator)


departments, targets, reported = table("entities"), table("targets"), table("facts")
judgements, history = table("judgements"), table("history")


def found(name, judgement):
    return [
        {"judgement": row["认定"], "author": row["认定人"], "evidence": row["依据"]}
        for row in judgements
        if row["单位"] == name and row["认定"] == judgement
    ]


NAMES = {"违反医疗核心制度": "core_breach", "欺诈骗保": "fraud", "收受回扣": "rebate"}


def target_of(name, indicator):
    """What was planned and what was reported; None where no target was given."""
    for row in targets:
        if row["单位"] == name and row["指标"] == indicator:
            rows = [fact["实绩"] for fact in reported if fact["目标编号"] == row["目标编号"]]
            return row, number(row["计划"]), number(rows[0]) if rows else None
    return None


def report_of(name, column, what, value="实绩"):
    rows = [row[value] for row in reported if row["单位"] == name and row[column] == what and not row["目标编号"]]
    return number(rows[0]) if rows else None


def control(actual, planned):
    """All within the plan, and as much less as it is exceeded by; not reported: nothing."""
    return Fraction(0) if actual is None else held(2 - actual / planned, 1)


def score(row):
    name, group = row["单位"], GROUPS[row["组别"]]
    peers = [other for other in departments if other["组别"] == row["组别"]]
    points, lines, unmet = {}, [], []

    def say(indicator, value):
        points[indicator] = Fraction(value)
        lines.append(f"{indicator}: {exact(value)}")

    def note(target, met):
        if target["必达"] == "是" and not met:
            unmet.append(target["目标编号"])

    if group == "technical":
        # --- quality: accuracy 25, defects 15
        accuracy = report_of(name, "指标", "报告准确率")
        if accuracy is None:
            say("accuracy", 0)
        elif accuracy >= Fraction("0.995"):
            say("accuracy", 25)
        elif accuracy >= Fraction("0.98"):
            say("accuracy", 20)
        elif accuracy >= Fraction("0.95"):
            say("accuracy", 15)
        else:
            say("accuracy", 0)
        say("defect", held(15 - whole(number(row["defects"]) / 2), 15))
        quality = points["accuracy"] + points["defect"]
        # --- efficiency 20: 60 % for the worst of the group, all for the best, in proportion between
        rates = [number(peer["报告及时率"]) for peer in peers]
        worst, best, mine = min(rates), max(rates), number(row["报告及时率"])
        share = Fraction(1) if best == worst else Fraction(6, 10) + Fraction(4, 10) * (mine - worst) / (best - worst)
        say("timely", 20 * share)
        efficiency = points["timely"]
        # --- cost 20
        given = target_of(name, "医技可控成本")
        say("spending_technical", 20 * control(given[2], given[1]) if given else 0)
        cost = points["spending_technical"] if given else None
    else:
        # --- quality: cure 10, infection 15, records 15
        target, planned, actual = target_of(name, "治愈好转率")
        say("cure", 10 * held(actual / planned, 1))
        note(target, actual >= planned)
        target, planned, actual = target_of(name, "医院感染率")
        if planned == 0 and actual is not None:
            say("infection", 15 if actual == 0 else 0)
        else:
            say("infection", 15 * control(actual, planned))
        note(target, actual is not None and actual <= planned)
        records = report_of(name, "指标", "甲级病案率")
        if records is None:
            say("records", 0)
        elif records >= Fraction("0.98"):
            say("records", 15)
        elif records >= Fraction("0.95"):
            say("records", 12)
        elif records >= Fraction("0.90"):
            say("records", 9)
        else:
            say("records", 0)
        quality = points["cure"] + points["infection"] + points["records"]
        # --- efficiency: a point for each whole half day over the plan, of 12; beds against the best of the group, 8
        target, planned, actual = target_of(name, "平均住院日")
        say("stay", held(12 - whole((actual - planned) / Fraction(1, 2)), 12))
        best = max(number(peer["床位使用率"]) for peer in peers)
        say("beds", 8 * number(row["床位使用率"]) / best)
        efficiency = points["stay"] + points["beds"]
        # --- cost: share of drugs 10, spending 10
        drugs = number(row["药品收入"]) / number(row["医疗收入"])
        if drugs <= Fraction(25, 100):
            say("drugs", 10)
        elif drugs <= Fraction(30, 100):
            say("drugs", 7)
        elif drugs <= Fraction(35, 100):
            say("drugs", 4)
        else:
            say("drugs", 0)
        target, planned, actual = target_of(name, "可控成本")
        say("spending", 10 * control(actual, planned))
        cost = points["drugs"] + points["spending"]
    if found(name, "违反医疗核心制度"):
        quality = min(quality, Fraction(24))

    # --- satisfaction: patients 15, colleagues 5; colleagues not asked: the share of the patients
    sample = report_of(name, "事实", "患者满意度", "样本数")
    share = report_of(name, "事实", "患者满意度") if sample is not None and sample >= 50 else Fraction(60, 100)
    say("of_patients", 15 * share)
    colleagues = report_of(name, "事实", "科室互评")
    say("of_colleagues", 5 * (share if colleagues is None else colleagues))
    satisfaction = points["of_patients"] + points["of_colleagues"]

    # --- merit: an item once, at its highest level, at most 5; demerit: at most 8
    best_of = {}
    for entry in reported:
        if entry["单位"] == name and entry["指标"] == "项目":
            best_of[entry["事项"]] = max(best_of.get(entry["事项"], Fraction(0)), LEVELS[entry["级别"]])
    say("project", sum(best_of.values(), Fraction(0)))
    merit = min(Fraction(5), points["project"])
    say("complaint", Fraction(sum(e["单位"] == name and e["指标"] == "有责投诉" for e in reported), 2))
    say("refusal", Fraction(2, 10) * whole((number(row["医保拒付金额"]) or Fraction(0)) / 10_000))
    demerit = min(Fraction(8), points["complaint"] + points["refusal"])

    # --- total. Without a plan of spending the 20 points of cost go to the other 80 in proportion.
    if cost is None:
        regular, cost = (quality + efficiency + satisfaction) * 100 / 80, Fraction(0)
    else:
        regular = quality + efficiency + cost + satisfaction
    before = max(Fraction(0), regular + merit - demerit)
    total = Fraction(int(before * 100 + Fraction(1, 2)), 100)
    lines.append(f"total = {exact(regular)} + {exact(merit)} - {exact(demerit)} = {exact(before)} → {exact(total)}")
    return {
        "name": name,
        "group": group,
        "total": total,
        "quality": quality,
        "components": {
            "quality": quality,
            "efficiency": efficiency,
            "cost": cost,
            "satisfaction": satisfaction,
            "merit": merit,
            "demerit": demerit,
        },
        "indicators": points,
        "accidents": int(row["主要责任以上医疗事故"]),
        "unmet": sorted(unmet),
        "lines": lines,
    }


def give_tiers(peers):
    """Ranks, then 30 % excellent and the next 30 % good, head counts rounded down."""
    places = len(peers) * 30 // 100
    for one in peers:
        mine = (one["total"], one["quality"])
        one["rank"] = 1 + sum((other["total"], other["quality"]) > mine for other in peers)
        one["limit"] = "excellent"
        if found(one["name"], "收受回扣"):
            one["limit"] = "good"
        if one["accidents"]:
            one["limit"] = "pass"
        if found(one["name"], "欺诈骗保"):
            one["limit"] = "fail"
        one["tier"] = None
    # A tie over the line: none of them is excellent.
    candidates = [one for one in peers if one["limit"] == "excellent" and one["total"] >= 90]
    for one in candidates:
        if sum(other["rank"] <= one["rank"] for other in candidates) <= places:
            one["tier"] = "excellent"
    # A tie over the line: all of them are good.
    candidates = [
        one for one in peers if not one["tier"] and one["limit"] in ("excellent", "good") and one["total"] >= 80
    ]
    for one in candidates:
        if sum(other["rank"] < one["rank"] for other in candidates) < places:
            one["tier"] = "good"
    for one in peers:
        if not one["tier"]:
            one["tier"] = max("pass" if one["total"] >= 70 else "fail", one["limit"], key=TIERS.index)


def was_last(one):
    """Whether it was last of its group in 2022; None if nothing was published."""
    mine = [row for row in history if row["单位"] == one["name"] and row["年度"] == "2022"]
    if not mine:
        return None
    return not any(row["组别"] == mine[0]["组别"] and int(row["名次"]) > int(mine[0]["名次"]) for row in history)


def findings(one, peers):
    result, name = [], one["name"]

    def say(finding, within_days, cites=(), targets=(), status="raised"):
        result.append(
            {
                "name": finding,
                "status": status,
                "within_days": within_days,
                "targets": list(targets),
                "judgements": sorted(
                    ({**cite, "judgement": NAMES[cite["judgement"]]} for cite in cites),
                    key=lambda cite: cite["judgement"],
                ),
            }
        )

    if one["unmet"]:
        say("explanation", 10, targets=one["unmet"])
    breach = found(name, "违反医疗核心制度")
    if one["accidents"] or breach:
        say("interview", 7, breach)
    referred = found(name, "欺诈骗保") + found(name, "收受回扣")
    if referred:
        say("referral", 5, referred)
    if one["tier"] == "fail" and not any(other["rank"] > one["rank"] for other in peers):
        before = was_last(one)
        if before is not False:
            say("director", 30, status="undetermined" if before is None else "raised")
    return result


def work():
    everyone = {row["单位"]: score(row) for row in departments}
    for group in GROUPS.values():
        peers = [one for one in everyone.values() if one["group"] == group]
        give_tiers(peers)
        for one in peers:
            one["findings"] = findings(one, peers)
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
