"""The county group as a workbook with live formulas: change a fact, and total, rank and tier follow.

    python sheet.py             write worked.xlsx (needs openpyxl)
    soffice --headless --convert-to xlsx --outdir OUT worked.xlsx     lets LibreOffice fill in the values

The facts are those of ../facts, the targets as they were frozen. Spreadsheets count in binary fractions, so the
formulas round away what is left behind the ninth place before anything is compared; the engine and worked.py need no
such thing.

县区组的活公式工作簿:改动实绩单元格,总分、名次、等次随之变化。
"""

import sys
from pathlib import Path

from openpyxl import Workbook
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from worked import (
    day,
    entities,
    number,
    province,
    report_of_fact,
    reports_on_indicator,
    reports_on_target,
    scored_targets,
    work,
)

HERE = Path(__file__).resolve().parent
HEADING = PatternFill("solid", fgColor="FFD9E2F3")
INPUT = PatternFill("solid", fgColor="FFFFF8DC")  # facts that one may change


def plain(value):
    """What a cell takes. Inputs have few digits, so that the sheet shows them as they were reported."""
    return int(value) if value.denominator == 1 else float(value)


def put(sheet, row, values, formulas_from):
    """A row: inputs are shaded, formulas are not."""
    for column, value in enumerate(values, 1):
        cell = sheet.cell(row, column, value)
        if column < formulas_from and value is not None:
            cell.fill = INPUT
        if hasattr(value, "isoformat"):
            cell.number_format = "yyyy-mm-dd"


def headings(sheet, texts):
    """A heading row. A Chinese character is as wide as two letters."""
    for column, text in enumerate(texts, 1):
        cell = sheet.cell(1, column, text)
        cell.font, cell.fill = Font(bold=True), HEADING
        cell.alignment = Alignment(wrap_text=True, vertical="top")
    sheet.freeze_panes = "B2"


def fit(sheet):
    for column in sheet.columns:
        letter = get_column_letter(column[0].column)
        longest = 0
        for cell in column:
            text = str(cell.value if cell.value is not None else "")
            if not text.startswith("="):
                longest = max(longest, max(sum(2 if ord(c) > 0x2E7F else 1 for c in line) for line in text.split("\n")))
        sheet.column_dimensions[letter].width = max(10, longest + 2)


def build():
    counties = [row for row in entities if row["组别"] == "county"]
    names = {row["单位"] for row in counties}
    results = work()
    book = Workbook()

    # ---- projects: completed by the day it was due, or nothing
    projects = book.active
    projects.title = "项目"
    headings(projects, ["单位", "目标编号", "项目", "权重", "时限", "完成日期", "按期完成\n(1是0否)", "计入权重"])
    row = 1
    for target in scored_targets:
        if target["单位"] in names and target["指标"] == "major_project":
            row += 1
            report = reports_on_target(target["目标编号"])
            done = day(report[0]["完成日期"]) if report else None
            weight = plain(number(target["权重"]))
            due = day(target["时限"])
            inputs = [target["单位"], target["目标编号"], target["名称"], weight, due, done]
            put(projects, row, [*inputs, f'=IF(AND(F{row}<>"",F{row}<=E{row}),1,0)', f"=D{row}*G{row}"], 7)
    last_project = row

    # ---- awards: an item counts once, at its highest level
    awards = book.create_sheet("加分")
    headings(awards, ["单位", "事项", "级别", "分值", "同项最高", "同项第几条\n同分", "计入分值"])
    rows = [(one["单位"], r) for one in counties for r in reports_on_indicator(one["单位"], "award")]
    last_award = len(rows) + 1
    for row, (name, report) in enumerate(rows, 2):
        same = f"(A$2:A${last_award}=A{row})*(B$2:B${last_award}=B{row})"
        earlier = f"(A$2:A{row}=A{row})*(B$2:B{row}=B{row})*(D$2:D{row}=D{row})"
        put(
            awards,
            row,
            [
                name,
                report["事项"],
                report["级别"],
                f'=IF(C{row}="national",2,IF(C{row}="provincial",1,0.5))',
                f"=SUMPRODUCT(MAX({same}*D$2:D${last_award}))",
                f"=SUMPRODUCT({earlier})",
                f"=IF(AND(D{row}=E{row},F{row}=1),D{row},0)",
            ],
            4,
        )

    # ---- one row for each county
    sheet = book.create_sheet("县区", 0)
    columns = [
        "单位", "重大安全\n事故(件)", "GDP计划\n(%)", "GDP实绩\n(%)", "全省增速\n(%)", "群众满意\n度(%)", "样本数",
        "通报批评\n(次)", "迟复件\n(件)",
        "GDP增速\n得分(20)", "高于全省\n(百分点)", "高于全省\n得分(20)", "基础分\n(40)", "差异分\n(50)",
        "社会评价\n(10)", "加分\n(至多5)", "扣分\n(至多5)", "总分", "名次", "等次",
        "验算总分\nworked.py", "验算名次", "是否一致",
    ]  # fmt: skip
    headings(sheet, columns)
    last = len(counties) + 1
    for row, entity in enumerate(counties, 2):
        name = entity["单位"]
        target = next(t for t in scored_targets if t["单位"] == name and t["指标"] == "gdp_growth")
        actual = number(reports_on_target(target["目标编号"])[0]["实绩"])
        survey, late = report_of_fact(name, "responses"), report_of_fact(name, "late_replies")
        inputs = [
            name,
            int(entity["major_accidents"]),
            plain(number(target["计划"]) * 100),
            plain(actual * 100),
            plain(province * 100),
            plain(number(survey["实绩"]) * 100) if survey else None,
            int(survey["样本数"]) if survey else None,
            len(reports_on_indicator(name, "warning")),
            int(late["实绩"]) if late else 0,
        ]
        of_county = f"项目!A$2:A${last_project}=A{row}"
        in_the_running = f"(B$2:B${last}=0)*(R$2:R${last}>=85)"
        formulas = [
            f"=20*IF(C{row}=0,IF(D{row}>=0,1,0),MAX(0,MIN(1,D{row}/C{row})))",
            f"=ROUND(D{row}-E{row},1)",
            f"=20*IF(K{row}>=2,1,IF(K{row}>=1,0.8,IF(K{row}>=0,0.5,0)))",
            f"=J{row}+L{row}",
            f"=50*SUMPRODUCT(({of_county})*项目!H$2:H${last_project})/SUMPRODUCT(({of_county})*项目!D$2:D${last_project})",
            f'=10*IF(OR(F{row}="",G{row}<400),0.6,F{row}/100)',
            f"=MIN(5,SUMPRODUCT((加分!A$2:A${last_award}=A{row})*加分!G$2:G${last_award}))",
            f"=MIN(5,0.5*H{row}+0.2*I{row})",
            f"=ROUND(ROUND(MAX(0,M{row}+N{row}+O{row}+P{row}-Q{row}),9),2)",
            f"=1+SUMPRODUCT((R$2:R${last}>R{row})+(R$2:R${last}=R{row})*(ROUND(N$2:N${last},9)>ROUND(N{row},9)))",
            f"=IF(AND(B{row}=0,R{row}>=85,SUMPRODUCT({in_the_running}*(S$2:S${last}<=S{row}))"
            f'<=ROUNDDOWN(ROUND(ROWS(R$2:R${last})*0.2,9),0)),"excellent",IF(R{row}>=60,"qualified","poor"))',
            float(results[name]["total"]),
            results[name]["rank"],
            f'=IF(AND(R{row}=U{row},S{row}=V{row},T{row}="{results[name]["tier"]}"),"一致","不一致")',
        ]
        put(sheet, row, inputs + formulas, 10)
        sheet.cell(row, 18).number_format = sheet.cell(row, 21).number_format = "0.00"
    for each in book.worksheets:
        fit(each)
    return book


if __name__ == "__main__":
    build().save(sys.argv[1] if len(sys.argv) > 1 else HERE / "worked.xlsx")
