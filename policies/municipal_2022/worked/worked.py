"""The example city worked out by hand, so to speak: an independent check of the engine.

Nothing of assessdsl is used, only the standard library. Each step is written from the prose of the policy, in the
order in which an office would work with pen and paper, and says what it does.

    python worked.py            write ../expected.json
    python worked.py 望岫县      print the working of one entity
    python worked.py --print    print what ../expected.json should hold

独立验算:只用标准库,按办法的文字逐步计算,不使用 assessdsl 的任何部分。
"""

import csv
import json
import sys
from datetime import date
from fractions import Fraction
from pathlib import Path

HERE = Path(__file__).resolve().parent
FACTS = HERE.parent / "facts"
AUTHORITIES = ("市委常委会", "党政联席会议")


# ------------------------------------------------------------------ reading


def table(name):
    with open(FACTS / f"{name}.csv", encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def number(text):
    """A cell: "8.6%" is 43/500, "1260.00万元" is 12600000, "48" is 48. An empty cell is None, which is not zero."""
    text = text.strip()
    if text == "":
        return None
    if text.endswith("%"):
        return Fraction(text[:-1]) / 100
    if text.endswith("万元"):
        return Fraction(text[:-2]) * 10_000
    return Fraction(text)


def day(text):
    return date.fromisoformat(text) if text else None


def exact(value):
    """A fraction as a decimal if it has an end, else as n/d."""
    rest, places = value.denominator, 0
    while rest % 10 == 0:
        rest, places = rest // 10, places + 1
    while rest % 2 == 0:
        rest, places = rest // 2, places + 1
    while rest % 5 == 0:
        rest, places = rest // 5, places + 1
    if rest != 1:
        return f"{value.numerator}/{value.denominator}"
    while places and (value * 10 ** (places - 1)).denominator == 1:
        places -= 1
    digits = str(abs(int(value * 10**places))).rjust(places + 1, "0")
    whole, part = (digits[:-places], digits[-places:]) if places else (digits, "")
    return ("-" if value < 0 else "") + whole + ("." + part if part else "")


def half_up(value):
    """四舍五入 to two places. No total is negative."""
    return Fraction(int(value * 100 + Fraction(1, 2)), 100)


entities = table("entities")
frozen = {row["目标编号"]: row for row in table("frozen")}
present = {row["目标编号"]: row for row in table("targets")}
reported = table("facts")
judgements = table("judgements")
history = table("history")
province = next(number(row["value"]) for row in table("benchmarks") if row["period"] == "2022")


def reports_on_target(target):
    return [row for row in reported if row["目标编号"] == target]


def reports_on_indicator(entity, indicator):
    return [row for row in reported if row["单位"] == entity and row["指标"] == indicator]


def report_of_fact(entity, fact):
    rows = [row for row in reported if row["单位"] == entity and row["事实"] == fact]
    return rows[0] if rows else None


def found(entity, judgement):
    """Who found it of the entity, on what evidence; nothing if nobody did."""
    return [
        {"judgement": judgement, "author": row["认定人"], "evidence": row["依据"]}
        for row in judgements
        if row["单位"] == entity and row["认定"] == judgement
    ]


# ------------------------------------------------------------------ the register


def register():
    """What is scored, and what was tried since the freeze.

    Every frozen target is scored as it was frozen, whatever the present table says of it. A target that is only in
    the present table is scored if one of the named authorities added it.
    """
    scored, attempts = [], []
    parts = {row["拆分自"] for row in present.values() if row["拆分自"]}
    for target, then in frozen.items():
        scored.append(then)
        now = present.get(target)
        if now is None:
            attempts.append((then["单位"], "split" if target in parts else "removed", target))
            continue
        planned_then, planned_now = number(then["计划"]), number(now["计划"])
        lower_is_better = then["指标"] == "budget_execution"
        if planned_then is not None and (
            planned_now is None or (planned_now > planned_then if lower_is_better else planned_now < planned_then)
        ):
            attempts.append((then["单位"], "lowered", target))
        if number(then["权重"]) is not None and (number(now["权重"]) or 0) < number(then["权重"]):
            attempts.append((then["单位"], "lightened", target))
        if day(now["时限"]) > day(then["时限"]):
            attempts.append((then["单位"], "postponed", target))
        if now["指标"] != then["指标"] or (then["规定动作"] == "是" and now["规定动作"] != "是"):
            attempts.append((then["单位"], "reclassified", target))
    for target, now in present.items():
        if target in frozen or now["拆分自"]:
            continue  # the parts of a split target stand under the whole
        if now["追加依据"] in AUTHORITIES:
            scored.append(now)
        else:
            attempts.append((now["单位"], "added", target))
    return sorted(scored, key=lambda row: row["目标编号"]), sorted(attempts)


scored_targets, attempts = register()


# ------------------------------------------------------------------ one entity's score


def share_between_0_and_1(value):
    return min(Fraction(1), max(Fraction(0), value))


def score(entity):
    """All that the policy says of one entity alone. Returns its scores and the working, line by line."""
    name, group = entity["单位"], entity["组别"]
    mine = [row for row in scored_targets if row["单位"] == name]
    lines, indicators, unmet = [], {}, []

    def actual_of(target):
        rows = reports_on_target(target["目标编号"])
        return number(rows[0]["实绩"]) if rows else None

    def say(text):
        lines.append(text)

    # --- base: 40 points
    if group == "county":
        # GDP growth, 20 points: actual over planned, between 0 and 100 %. Where no growth was planned, any growth
        # that is not negative has full marks.
        target = next(row for row in mine if row["指标"] == "gdp_growth")
        planned, actual = number(target["计划"]), actual_of(target)
        if planned == 0:
            share = Fraction(1) if actual >= 0 else Fraction(0)
        else:
            share = share_between_0_and_1(actual / planned)
        indicators["gdp_growth"] = 20 * share
        say(f"gdp_growth: {exact(actual)} of {exact(planned)} → {exact(share)} × 20 = {exact(20 * share)}")
        if actual < planned and target["规定动作"] == "是":
            unmet.append(target["目标编号"])

        # Above the province, 20 points: half for as much growth, 80 % for one percentage point more, all for two.
        above = number(reports_on_indicator(name, "above_province")[0]["实绩"]) - province
        if above >= Fraction(2, 100):
            share = Fraction(1)
        elif above >= Fraction(1, 100):
            share = Fraction(80, 100)
        elif above >= 0:
            share = Fraction(50, 100)
        else:
            share = Fraction(0)
        indicators["above_province"] = 20 * share
        say(f"above_province: {exact(above * 100)} percentage points → {exact(share)} × 20 = {exact(20 * share)}")
        base = indicators["gdp_growth"] + indicators["above_province"]
    else:
        # Statutory duties, 25 points: done over listed, between 0 and 100 %. Who took the target out of the register
        # and reported nothing has done nothing: a target that is restored stands as not reached.
        target = next(row for row in mine if row["指标"] == "statutory_duty")
        planned, actual = number(target["计划"]), actual_of(target)
        if actual is None:
            assert (name, "removed", target["目标编号"]) in attempts, "a report is missing: the assessment stops"
            share = Fraction(0)
        else:
            share = share_between_0_and_1(actual / planned)
        indicators["statutory_duty"] = 25 * share
        done = "nothing reported" if actual is None else exact(actual)
        say(f"statutory_duty: {done} of {exact(planned)} → {exact(share)} × 25 = {exact(25 * share)}")
        if (actual is None or actual < planned) and target["规定动作"] == "是":
            unmet.append(target["目标编号"])

        # Budget, 15 points: what is over the plan, as a share of it, is taken off. Not reported: no points.
        target = next(row for row in mine if row["指标"] == "budget_execution")
        planned, actual = number(target["计划"]), actual_of(target)
        if actual is None:
            share = Fraction(0)
        elif planned == 0:
            share = Fraction(1) if actual == 0 else Fraction(0)
        else:
            share = share_between_0_and_1(2 - actual / planned)
        indicators["budget_execution"] = 15 * share
        spent = "nothing reported" if actual is None else exact(actual)
        say(f"budget_execution: {spent} of {exact(planned)} → {exact(share)} × 15 = {exact(15 * share)}")
        if (actual is None or actual > planned) and target["规定动作"] == "是":
            unmet.append(target["目标编号"])
        base = indicators["statutory_duty"] + indicators["budget_execution"]
    say(f"base = {exact(base)}")

    # --- differentiated: 50 points, shared by weight among the projects; not completed, or too late: none of them
    projects = [row for row in mine if row["指标"] == "major_project"]
    weights = sum(number(row["权重"]) for row in projects)
    differentiated = Fraction(0)
    for row in projects:
        rows = reports_on_target(row["目标编号"])
        done = day(rows[0]["完成日期"]) if rows else None
        points = 50 * number(row["权重"]) / weights
        in_time = done is not None and done <= day(row["时限"])
        if in_time:
            differentiated += points
        elif row["规定动作"] == "是":
            unmet.append(row["目标编号"])
        got = exact(points) if in_time else "0"
        say(f"major_project {row['目标编号']}: due {row['时限']}, done {done} → {got} of {exact(points)}")
    indicators["major_project"] = differentiated
    say(f"differentiated = {exact(differentiated)}" if projects else "differentiated: no project was given")

    # --- public opinion: 10 points. No survey, or fewer than 400 asked: 60 %
    survey = report_of_fact(name, "responses")
    large_enough = survey is not None and number(survey["样本数"]) >= 400
    share = number(survey["实绩"]) if large_enough else Fraction(60, 100)
    public = indicators["satisfaction"] = 10 * share
    say(f"public = {exact(share)} × 10 = {exact(public)}")

    # --- bonus: the same item counts once, at its highest level; at most 5 points in all
    worth = {"national": Fraction(2), "provincial": Fraction(1), "municipal": Fraction(1, 2)}
    best = {}
    for row in reports_on_indicator(name, "award"):
        best[row["事项"]] = max(best.get(row["事项"], Fraction(0)), worth[row["级别"]])
    indicators["award"] = sum(best.values(), Fraction(0))
    bonus = min(Fraction(5), indicators["award"])
    say(f"bonus = {exact(indicators['award'])}, at most 5: {exact(bonus)}")

    # --- penalty: half a point for each warning, a fifth for each late reply; at most 5 points in all
    late = report_of_fact(name, "late_replies")
    indicators["warning"] = Fraction(1, 2) * len(reports_on_indicator(name, "warning"))
    indicators["late_reply"] = Fraction(2, 10) * (number(late["实绩"]) if late else 0)
    penalty = min(Fraction(5), indicators["warning"] + indicators["late_reply"])
    say(f"penalty = {exact(indicators['warning'])} + {exact(indicators['late_reply'])}, at most 5: {exact(penalty)}")

    # --- total: where no project was given, the 50 points go to base (40) and public (10) in proportion: all × 100/50
    regular = base + differentiated + public
    if not projects:
        regular = (base + public) * 100 / 50
        say(f"its 50 points go to the others: {exact(base + public)} × 100/50 = {exact(regular)}")
    before_rounding = max(Fraction(0), regular + bonus - penalty)
    total = half_up(before_rounding)
    say(f"total = {exact(regular)} + {exact(bonus)} - {exact(penalty)} = {exact(before_rounding)} → {exact(total)}")

    return {
        "name": name,
        "group": group,
        "total": total,
        "differentiated": differentiated,
        "components": {
            "base": base, "differentiated": differentiated, "public": public, "bonus": bonus, "penalty": penalty,
        },
        "indicators": indicators,
        "unmet": sorted(unmet),
        "vetoed": number(entity["major_accidents"]) > 0,
        "earlier_name": entity["承继自"],
        "lines": lines,
    }  # fmt: skip


# ------------------------------------------------------------------ ranks and tiers of a group


def rank(peers):
    """By total; then by the differentiated score; who is equal in both shares the place."""
    for one in peers:
        better = [
            other
            for other in peers
            if (other["total"], other["differentiated"]) > (one["total"], one["differentiated"])
        ]
        one["rank"] = 1 + len(better)


def give_tiers(peers):
    """One place for each full five peers (20 %, rounded down), from the top, for those with 85 points or more.

    Who is vetoed is passed over, and the place goes to the next. If more tie than places are left, none of them and
    nobody behind them has one. All others: qualified from 60 points, else poor.
    """
    places = len(peers) * 20 // 100
    candidates = [one for one in peers if not one["vetoed"] and one["total"] >= 85]
    for one in peers:
        ahead_or_level = [other for other in candidates if other["rank"] <= one["rank"]]
        if one in candidates and len(ahead_or_level) <= places:
            one["tier"] = "excellent"
        elif one["total"] >= 60:
            one["tier"] = "qualified"
        else:
            one["tier"] = "poor"


# ------------------------------------------------------------------ findings


def was_in_bottom_2021(one):
    """Among the last two of its group by published rank, ties over the line included; None: nothing was published."""
    rows = [row for row in history if row["period"] == "2021"]
    mine = [row for row in rows if row["entity"] == one["name"]]
    if not mine and one["earlier_name"]:
        mine = [row for row in rows if row["entity"] == one["earlier_name"]]
    if not mine:
        return None
    behind = [row for row in rows if row["group"] == mine[0]["group"] and int(row["rank"]) > int(mine[0]["rank"])]
    return len(behind) < 2


def findings(one, peers):
    """Obligations and referrals. What nobody can know is undetermined, and never a finding."""
    result = []

    def raise_finding(name, within_days, targets=(), judgements=(), status="raised"):
        result.append(
            {
                "name": name,
                "status": status,
                "within_days": within_days,
                "targets": list(targets),
                "judgements": list(judgements),
            }
        )

    if one["unmet"]:
        raise_finding("explanation", 15, targets=one["unmet"])
    fault, loss = found(one["name"], "fault"), found(one["name"], "major_loss")
    if fault and loss:
        raise_finding("referral", 30, judgements=fault + loss)
    behind = [other for other in peers if other["rank"] > one["rank"]]
    poor_performance = found(one["name"], "poor_performance")
    if len(behind) < 2 and poor_performance:
        before = was_in_bottom_2021(one)
        if before is None:
            raise_finding("organisation", 30, judgements=poor_performance, status="undetermined")
        elif before:
            raise_finding("organisation", 30, judgements=poor_performance)
    return result


# ------------------------------------------------------------------ the city


def work():
    everyone = {entity["单位"]: score(entity) for entity in entities}
    for group in ("county", "department"):
        peers = [one for one in everyone.values() if one["group"] == group]
        rank(peers)
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
            "register": [{"kind": kind, "target": target} for entity, kind, target in attempts if entity == name],
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
