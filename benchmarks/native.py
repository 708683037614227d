"""The workload as a C extension that reads the same mapping: about the least that it can take."""

import importlib.util
import shutil
import subprocess
import sysconfig
import tempfile
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

from benchmarks.single import COMPONENTS, Given

_SOURCE = r"""
#define PY_SSIZE_T_CLEAN
#include <Python.h>
static PyObject *keys[TARGETS][2];

static int number(PyObject *given, PyObject *key, long long *value) {
    PyObject *held = PyDict_GetItemWithError(given, key);
    if (held == NULL || !PyLong_CheckExact(held)) {
        if (!PyErr_Occurred()) PyErr_SetObject(PyExc_KeyError, key);
        return -1;
    }
    *value = PyLong_AsLongLong(held);
    return *value == -1 && PyErr_Occurred() ? -1 : 0;
}

static PyObject *score(PyObject *module, PyObject *given) {
    long long numbers[1 + COMPONENTS + TARGETS] = {0}, a, p;
    for (int i = 0; i < TARGETS; i++) {
        if (number(given, keys[i][0], &a) || number(given, keys[i][1], &p)) return NULL;
        long long s = a * 10 < p * 6 ? 0 : a >= p ? POINTS : (2 * POINTS * a + p) / (2 * p);
        numbers[1 + COMPONENTS + i] = s;
        numbers[1 + i / (TARGETS / COMPONENTS)] += s;
        numbers[0] += s;
    }
    PyObject *found = PyTuple_New(OUTPUTS);
    for (int i = 0; found && i < OUTPUTS; i++) PyTuple_SET_ITEM(found, i, PyLong_FromLongLong(numbers[i]));
    return found;
}

static PyMethodDef methods[] = {{"score", score, METH_O, ""}, {NULL, NULL, 0, NULL}};
static struct PyModuleDef definition = {PyModuleDef_HEAD_INIT, "MODULE", "", -1, methods};

PyMODINIT_FUNC PyInit_MODULE(void) {
    char text[40];
    for (int i = 0; i < TARGETS; i++) {
        snprintf(text, sizeof text, "i%d.actual", i);
        keys[i][0] = PyUnicode_InternFromString(text);
        snprintf(text, sizeof text, "i%d.planned", i);
        keys[i][1] = PyUnicode_InternFromString(text);
    }
    return PyModule_Create(&definition);
}
"""


@cache
def c_extension(targets: int, *, indicators: bool) -> Callable[[Given], Any]:
    """Raises ImportError where there is no C compiler, or nothing for it to include."""
    compiler = shutil.which("cc")
    if compiler is None:
        raise ImportError("there is no C compiler")
    name = f"scored_{targets}_{indicators}".lower()
    outputs = 1 + COMPONENTS + (targets if indicators else 0)
    defined = {"TARGETS": targets, "COMPONENTS": COMPONENTS, "POINTS": 100 // targets * 100, "OUTPUTS": outputs}
    with tempfile.TemporaryDirectory() as folder:
        source, library = Path(folder, f"{name}.c"), Path(folder, f"{name}.so")
        source.write_text(_SOURCE.replace("MODULE", name), "utf-8")
        options = [f"-D{key}={value}" for key, value in defined.items()]
        include = f"-I{sysconfig.get_paths()['include']}"
        command = [compiler, "-O2", "-shared", "-fPIC", include, *options, str(source), "-o", str(library)]
        if subprocess.run(command, capture_output=True, check=False).returncode:
            raise ImportError("the C compiler cannot make an extension of this Python")
        spec = importlib.util.spec_from_file_location(name, library)
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
    found: Callable[[Given], Any] = module.score
    return found
