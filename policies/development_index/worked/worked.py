"""The index worked out from the prose of its rules (README.md), with the standard library only.

    python worked.py            write ../expected.json
    python worked.py Kesh       print the working of one country
    python worked.py --print    print what ../expected.json should hold

Logarithms are taken with 60 digits; all else is done in fractions. The cube root itself is never taken: a value is
rounded by comparing cubes.
"""

import csv
import json
import sys
from decimal import Context, Decimal
from fractions import Fraction
from pathlib import Path

HERE = Path(__file__).resolve().parent
FACTS = HERE.parent / "facts"
DIGITS = Context(prec=60)


def table(name):
    with open(FACTS / f"{name}.csv", encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def exact(value):
    """A fraction as a decimal; all values here have an end."""
    value, places = Fraction(value), 0
    while (value * 10**places).denominator != 1:
        places += 1
    digits = str(int(value * 10**places)).rjust(places + 1, "0")
    return digits[:-places] + "." + digits[-places:] if places else digits


def between(value, low, high):
    """Where a value lies between two goalposts; beyond them it counts as the goalpost."""
    return (min(max(value, low), high) - low) / (high - low)


def logarithm(value):
    return Fraction(DIGITS.ln(Decimal(value)))


def index(country):
    life = between(Fraction(country["life"]), Fraction(20), Fraction(85))
    expected_years = between(Fraction(country["expected_years"]), Fraction(0), Fraction(18))
    if country["mean_years"]:
        education = (expected_years + between(Fraction(country["mean_years"]), Fraction(0), Fraction(15))) / 2
    else:
        education = expected_years
    income = min(max(int(country["income"]), 100), 75000)
    living = between(logarithm(income), logarithm(100), logarithm(75000))

    # The cube root of the product to three places, halves up: the greatest k / 1000 whose lower bound
    # (k - 0.5) / 1000, cubed, is not above the product.
    product = life * education * living
    thousandths = max((k for k in range(1, 1001) if Fraction(2 * k - 1, 2000) ** 3 <= product), default=0)
    value = Fraction(thousandths, 1000)
    parts = ", ".join(f"{float(part):.6f}" for part in (life, education, living))
    return value, [f"health, education, living: {parts}", f"index: {exact(value)}"]


def tier(value):
    if value >= Fraction(800, 1000):
        return "very_high"
    if value >= Fraction(700, 1000):
        return "high"
    if value >= Fraction(550, 1000):
        return "medium"
    return "low"


def work():
    countries = [
        dict(zip(("name", "group", "total", "lines"), (row["entity"], row["group"], *index(row)), strict=True))
        for row in table("entities")
    ]
    before = {row["entity"]: int(row["rank"]) for row in table("history") if row["period"] == "2022"}
    for one in countries:
        one["rank"] = 1 + sum(other["total"] > one["total"] for other in countries)
        one["tier"] = tier(one["total"])
    for one in countries:
        region = [other["total"] for other in countries if other["group"] == one["group"]]
        statuses = {
            "climbed": None if one["name"] not in before else before[one["name"]] - one["rank"] >= 3,
            "leader": one["total"] == max(region),
            "behind": one["total"] < sum(region) / len(region) - Fraction(1, 10),
        }
        one["findings"] = [
            {
                "name": name,
                "status": "undetermined" if status is None else "raised",
                "within_days": None,
                "targets": [],
                "judgements": [],
            }
            for name, status in statuses.items()
            if status is not False
        ]
    return {one["name"]: one for one in countries}


def expected(countries):
    result = {
        name: {
            "group": one["group"],
            "total": exact(one["total"]),
            "rank": one["rank"],
            "tier": one["tier"],
            "components": {"development": exact(one["total"])},
            "indicators": {"index": exact(one["total"])},
            "findings": one["findings"],
            "register": [],
        }
        for name, one in sorted(countries.items())
    }
    return json.dumps({"entities": result}, ensure_ascii=False, indent=1) + "\n"


def main(arguments):
    countries = work()
    if not arguments:
        (HERE.parent / "expected.json").write_text(expected(countries), "utf-8", newline="\n")
    elif arguments == ["--print"]:
        sys.stdout.buffer.write(expected(countries).encode())
    else:
        for name in arguments:
            one = countries[name]
            print(name, *one["lines"], *(str(finding) for finding in one["findings"]), sep="\n  ")
            print(f"  rank {one['rank']}, {one['tier']}")


if __name__ == "__main__":
    main(sys.argv[1:])
