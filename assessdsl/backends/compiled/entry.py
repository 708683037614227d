"""Machine code for one entity, but for what is worked out: values taken from a dictionary, and numbers given back.

Before the Python function is called, nothing has been made that would have to be given back. A value is made a number
as soon as it is taken out of the dictionary: the next look-up may run code of the program's, where keys have their own
`__eq__`, and what that raises is passed on. Where there is no memory, the tuple is given back and the error passed on.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Final

from assessdsl.backends.compiled.interpreter import (
    DATE_AT,
    DIGITS_AT,
    EXPONENT_AT,
    FLAGS_AT,
    TYPE_AT,
    WORDS_AT,
    address,
    functions,
)

_TAKEN: Final[dict[type, str]] = {int: "number", bool: "truth", date: "day"}
_POWERS: Final = [10**power for power in range(19)]  # of 64 bits
MOST_PLACES: Final = len(_POWERS) - 1


def taken(key: str, kind: type, places: int | None) -> str:
    """The call that takes a value of a type from under a key: a number, and whether it was not there or otherwise. With
    places, at most MOST_PLACES, a Decimal or a whole number becomes the whole number of its last place."""
    given = f"ptr %given, ptr {pointer(address(key))}"
    if places is not None:
        return f"call {{i64, i1}} @scaled({given}, i64 {places})"
    return f"call {{i64, i1}} @{_TAKEN[kind]}({given})"


def pointer(place: int) -> str:
    return f"inttoptr (i64 {place} to ptr)"


def around(lines: Sequence[str], *, decimals: bool = False) -> str:
    """The text of a module whose function `run` does this. The lines may go to `odd`, where the Python function is
    asked. They end with `tuple`: where it cannot be made they go to `failed`; where what is in it cannot, to `full`.
    decimals: whether they take any."""
    calls = {name: pointer(place) for name, place in functions().items()}
    inside = "\n  ".join(lines)
    return f"""
declare {{i64, i1}} @llvm.sadd.with.overflow.i64(i64, i64)
declare {{i64, i1}} @llvm.ssub.with.overflow.i64(i64, i64)
declare {{i64, i1}} @llvm.smul.with.overflow.i64(i64, i64)
declare i32 @llvm.bswap.i32(i32)
define internal {{ptr, i1}} @taken(ptr %given, ptr %key, ptr %kind) alwaysinline {{
  %found = call ptr {calls["PyDict_GetItemWithError"]}(ptr %given, ptr %key)
  %absent = icmp eq ptr %found, null
  br i1 %absent, label %odd, label %there, !prof !0
there:
  %p.type = getelementptr i8, ptr %found, i64 {TYPE_AT}
  %type = load ptr, ptr %p.type
  %other = icmp ne ptr %type, %kind
  br label %odd
odd:
  %is.odd = phi i1 [true, %0], [%other, %there]
  %one = insertvalue {{ptr, i1}} poison, ptr %found, 0
  %both = insertvalue {{ptr, i1}} %one, i1 %is.odd, 1
  ret {{ptr, i1}} %both
}}
define internal {{i64, i1}} @number(ptr %given, ptr %key) noinline {{
  %long = alloca i32
  %taken = call {{ptr, i1}} @taken(ptr %given, ptr %key, ptr {pointer(address(int))})
  %other = extractvalue {{ptr, i1}} %taken, 1
  br i1 %other, label %odd, label %whole, !prof !0
whole:
  %found = extractvalue {{ptr, i1}} %taken, 0
  %number = call i64 {calls["PyLong_AsLongLongAndOverflow"]}(ptr %found, ptr %long)
  %beyond = load i32, ptr %long
  %too.long = icmp ne i32 %beyond, 0
  br label %odd
odd:
  %is.odd = phi i1 [true, %0], [%too.long, %whole]
  %value = phi i64 [0, %0], [%number, %whole]
  %one = insertvalue {{i64, i1}} poison, i64 %value, 0
  %both = insertvalue {{i64, i1}} %one, i1 %is.odd, 1
  ret {{i64, i1}} %both
}}
define internal {{i64, i1}} @day(ptr %given, ptr %key) noinline {{
  %taken = call {{ptr, i1}} @taken(ptr %given, ptr %key, ptr {pointer(address(date))})
  %other = extractvalue {{ptr, i1}} %taken, 1
  br i1 %other, label %odd, label %day, !prof !0
day:
  %found = extractvalue {{ptr, i1}} %taken, 0
  %place = getelementptr i8, ptr %found, i64 {DATE_AT}
  %parts = load i32, ptr %place, align 1
  %ordered = call i32 @llvm.bswap.i32(i32 %parts)
  %number = zext i32 %ordered to i64
  br label %odd
odd:
  %is.odd = phi i1 [true, %0], [false, %day]
  %value = phi i64 [0, %0], [%number, %day]
  %one = insertvalue {{i64, i1}} poison, i64 %value, 0
  %both = insertvalue {{i64, i1}} %one, i1 %is.odd, 1
  ret {{i64, i1}} %both
}}
define internal {{i64, i1}} @truth(ptr %given, ptr %key) noinline {{
  %taken = call {{ptr, i1}} @taken(ptr %given, ptr %key, ptr {pointer(address(bool))})
  %is.odd = extractvalue {{ptr, i1}} %taken, 1
  %found = extractvalue {{ptr, i1}} %taken, 0
  %holds = icmp eq ptr %found, {pointer(address(True))}
  %value = zext i1 %holds to i64
  %one = insertvalue {{i64, i1}} poison, i64 %value, 0
  %both = insertvalue {{i64, i1}} %one, i1 %is.odd, 1
  ret {{i64, i1}} %both
}}
{_scaled(calls) if decimals else ""}
define internal i1 @put(ptr %tuple, i64 %place, i64 %number) noinline {{
  %made = call ptr {calls["PyLong_FromLongLong"]}(i64 %number)
  %full = icmp eq ptr %made, null
  br i1 %full, label %none, label %some, !prof !0
some:
  %done = call i32 {calls["PyTuple_SetItem"]}(ptr %tuple, i64 %place, ptr %made)
  br label %none
none:
  ret i1 %full
}}
define internal i1 @pair(ptr %tuple, i64 %place, i64 %above, i64 %below) noinline {{
  %pair = call ptr {calls["PyTuple_New"]}(i64 2)
  %full = icmp eq ptr %pair, null
  br i1 %full, label %none, label %some, !prof !0
some:
  %done = call i32 {calls["PyTuple_SetItem"]}(ptr %tuple, i64 %place, ptr %pair)
  %no.above = call i1 @put(ptr %pair, i64 0, i64 %above)
  br i1 %no.above, label %none, label %half, !prof !0
half:
  %no.below = call i1 @put(ptr %pair, i64 1, i64 %below)
  ret i1 %no.below
none:
  ret i1 true
}}
define ptr @run(ptr %self, ptr %given) {{
  %p.type = getelementptr i8, ptr %given, i64 {TYPE_AT}
  %type = load ptr, ptr %p.type
  %plain = icmp eq ptr %type, {pointer(address(dict))}
  br i1 %plain, label %begin, label %odd
begin:
  {inside}
odd:
  %raised = call ptr {calls["PyErr_Occurred"]}()
  %quiet = icmp eq ptr %raised, null
  br i1 %quiet, label %ask, label %failed
ask:
  %behind = call ptr {calls["PyTuple_GetItem"]}(ptr %self, i64 0)
  %answer = call ptr {calls["PyObject_CallOneArg"]}(ptr %behind, ptr %given)
  ret ptr %answer
full:
  call void {calls["Py_DecRef"]}(ptr %tuple)
  br label %failed
failed:
  ret ptr null
}}
!0 = !{{!"branch_weights", i32 1, i32 10000}}
"""


def _scaled(calls: Mapping[str, str]) -> str:
    return f"""
@powers = internal constant [{len(_POWERS)} x i64] [{", ".join(f"i64 {power}" for power in _POWERS)}]
define internal {{i64, i1}} @scaled(ptr %given, ptr %key, i64 %places) noinline {{
  %long = alloca i32
  %found = call ptr {calls["PyDict_GetItemWithError"]}(ptr %given, ptr %key)
  %absent = icmp eq ptr %found, null
  br i1 %absent, label %odd, label %there, !prof !0
there:
  %p.type = getelementptr i8, ptr %found, i64 {TYPE_AT}
  %type = load ptr, ptr %p.type
  %is.decimal = icmp eq ptr %type, {pointer(address(Decimal))}
  br i1 %is.decimal, label %decimal, label %other
other:
  %is.whole = icmp eq ptr %type, {pointer(address(int))}
  br i1 %is.whole, label %whole, label %odd
whole:
  %from.whole = call i64 {calls["PyLong_AsLongLongAndOverflow"]}(ptr %found, ptr %long)
  %beyond = load i32, ptr %long
  %too.long = icmp ne i32 %beyond, 0
  br i1 %too.long, label %odd, label %number, !prof !0
decimal:
  %p.flags = getelementptr i8, ptr %found, i64 {FLAGS_AT}
  %flags = load i8, ptr %p.flags
  %half = and i8 %flags, 15
  %below = icmp ne i8 %half, 0
  br i1 %below, label %odd, label %positive, !prof !0
positive:
  %p.words = getelementptr i8, ptr %found, i64 {WORDS_AT}
  %words = load i64, ptr %p.words
  %several = icmp ne i64 %words, 1
  br i1 %several, label %odd, label %short, !prof !0
short:
  %p.exponent = getelementptr i8, ptr %found, i64 {EXPONENT_AT}
  %exponent = load i64, ptr %p.exponent
  %last = add i64 %exponent, %places
  %far = icmp uge i64 %last, {len(_POWERS)}
  br i1 %far, label %odd, label %near, !prof !0
near:
  %p.digits = getelementptr i8, ptr %found, i64 {DIGITS_AT}
  %digits = load ptr, ptr %p.digits
  %from.digits = load i64, ptr %digits
  %unsigned = icmp slt i64 %from.digits, 0
  br i1 %unsigned, label %odd, label %number, !prof !0
number:
  %number.of = phi i64 [%from.whole, %whole], [%from.digits, %near]
  %power.of = phi i64 [%places, %whole], [%last, %near]
  %p.power = getelementptr i64, ptr @powers, i64 %power.of
  %power = load i64, ptr %p.power
  %product = call {{i64, i1}} @llvm.smul.with.overflow.i64(i64 %number.of, i64 %power)
  ret {{i64, i1}} %product
odd:
  ret {{i64, i1}} {{i64 0, i1 true}}
}}
"""
