"""Lark alone, with the smallest grammar that gives a policy its tree: the floor under any reader that uses Lark."""

from lark import Lark

_GRAMMAR = r"""
start: (statement | _END)*
statement: item+ (block | _END)
block: "{" (statement | _END)* "}"
?item: NAME | NUMBER | TEXT | DAY | SIGN | "(" item* ")" -> brackets

NAME: /[A-Za-z_一-鿿][A-Za-z0-9_一-鿿]*/
NUMBER: /[0-9]+(\.[0-9]+)?%?/
DAY.2: /[0-9]{4}-[0-9]{2}-[0-9]{2}/
TEXT: /"[^"\n]*"/
SIGN: /[-+*\/<>=:,]=?/
_END: /[\n;]+/
%ignore /[ \t]+/
%ignore /#[^\n]*/
"""


def bare_parser() -> Lark:
    return Lark(_GRAMMAR, parser="lalr", lexer="basic", propagate_positions=True)
