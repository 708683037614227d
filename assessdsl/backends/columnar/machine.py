"""Loops in LLVM's language turned into machine code (extra `kernels`): the one module that knows LLVM."""

import ctypes
from functools import cache
from threading import Lock
from typing import Any, Final
from weakref import WeakValueDictionary

from attrs import frozen

_COMPILING: Final = Lock()


@frozen(eq=False)
class MachineCode:
    """The function of a text. It can be called at `address` as long as this is held."""

    address: int
    _engine: Any


_COMPILED: Final[WeakValueDictionary[str, MachineCode]] = WeakValueDictionary()


def compiled(text: str, name: str, level: int = 3) -> MachineCode:
    """The function of that name. Equal texts are compiled once. What has no loops gains nothing above level 1. Raises
    ImportError without llvmlite."""
    with _COMPILING:
        found = _COMPILED.get(text)
        if found is None:
            found = _COMPILED[text] = _compile(text, name, level)
        return found


def callable_at(code: MachineCode, arguments: int) -> Any:
    """A function of so many 64-bit integers and pointers that gives one. Other threads run meanwhile."""
    return ctypes.CFUNCTYPE(ctypes.c_int64, *[ctypes.c_int64] * arguments)(code.address)


def available() -> None:
    """Raises ImportError without llvmlite."""
    _llvm()


def _llvm() -> Any:
    try:
        import llvmlite.binding as llvm
    except ImportError as error:
        raise ImportError(f"kernels are compiled with llvmlite: pip install 'assessdsl[kernels]' ({error})") from error
    return llvm


@cache
def _target() -> tuple[Any, str, str]:
    """This processor, with all its instructions."""
    llvm = _llvm()
    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    return llvm.Target.from_default_triple(), llvm.get_host_cpu_name(), llvm.get_host_cpu_features().flatten()


def _compile(text: str, name: str, level: int) -> MachineCode:
    llvm, (target, processor, features) = _llvm(), _target()
    machine = target.create_target_machine(cpu=processor, features=features, opt=level, jit=True)  # the engine's own
    module = llvm.parse_assembly(text)
    module.triple, module.data_layout = machine.triple, str(machine.target_data)
    tuning = llvm.create_pipeline_tuning_options(speed_level=level)
    tuning.loop_vectorization = tuning.loop_unrolling = level > 1
    passes = llvm.create_pass_builder(machine, tuning)
    passes.getModulePassManager().run(module, passes)
    engine = llvm.create_mcjit_compiler(module, machine)
    engine.finalize_object()
    return MachineCode(engine.get_function_address(name), engine)
