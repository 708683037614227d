"""What the reports of tests are called, in English and Chinese."""

from typing import Final

_WORDS: Final = {
    "total": ("total", "总分"),
    "rank": ("rank", "名次"),
    "tier": ("tier", "等次"),
    "eligible": ("eligible", "参评资格"),
    "finding": ("finding", "考核认定"),
    "expected": ("expected", "期望"),
    "actual": ("found", "实得"),
    "raised": ("raised", "成立"),
    "not": ("not raised", "不成立"),
    "undetermined": ("undetermined", "待定"),
    "none": ("none", "无"),
    "yes": ("yes", "是"),
    "no": ("no", "否"),
    "citing": ("citing", "依据"),
    "entity": ("entity", "单位"),
    "not scored": ("not scored", "未参与计分"),
    "diagnostics": ("diagnostics", "诊断"),
    "failed": ("FAILED", "未通过"),
    "passed": ("passed", "通过"),
    "more": ("… {count} more", "…… 另有 {count} 项"),
    "at_least": ("at least {value}", "至少 {value}"),
    "at_most": ("at most {value}", "至多 {value}"),
    "above": ("above {value}", "超出 {value}"),
    "below": ("below {value}", "不足 {value}"),
    "summary": ("{tests}, {expectations}: {outcome}", "{tests},{expectations}:{outcome}"),
    "all passed": ("all passed", "全部通过"),
    "some failed": ("{count} failed", "{count} 个未通过"),
    "coverage": ("coverage of {policy}: {hit} of {all}, {percent}", "{policy} 的覆盖率:{hit}/{all},{percent}"),
    "untried": ("line {line}  {text}", "第{line}行  {text}"),
    "too little": ("below the minimum of {minimum}%", "低于要求的 {minimum}%"),
}  # fmt: skip


def word(key: str, language: str, **arguments: str | int) -> str:
    text = _WORDS[key][1 if language == "zh" else 0]
    return text.format(**arguments) if arguments else text


def counted(number: int, one: str, zh: str, language: str) -> str:
    return f"{number} {zh}" if language == "zh" else f"{number} {one if number == 1 else one + 's'}"
