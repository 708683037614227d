"""Machine code for one entity, but for what is worked out: values taken from a dictionary, and numbers given back.

Before the Python function is called, nothing has been made that would have to be given back. A value is made a number
as soon as it is taken out of the dictionary: the next look-up may run code of the program's, where keys have their own
`__eq__`, and what that raises is passed on. Where there is no memory, the tuple is given back and the error passed on.
"""

from collections.abc import Sequence
from datetime import date
from typing import Final

from assessdsl.backends.compiled.interpreter import DATE_AT, TYPE_AT, address, functions

TAKEN: Final[dict[type, str]] = {int: "number", bool: "truth", date: "day"}
"""The functions that take a value of a type from under a key: a number, and whether it was not there or otherwise."""


def pointer(place: int) -> str:
    return f"inttoptr (i64 {place} to ptr)"


def around(lines: Sequence[str]) -> str:
    """The text of a module whose function `run` does this. The lines may go to `odd`, where the Python function is
    asked. They end with `tuple`: where it cannot be made they go to `failed`; where what is in it cannot, to `full`."""
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
