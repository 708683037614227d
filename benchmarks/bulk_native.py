"""The bulk workload as a loop in C on two threads, over the same columns: about what the memory allows."""

import ctypes
import platform
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

from benchmarks.single import COMPONENTS

# Entities in blocks that stay in the first cache, a column at a time, so that the compiler can use vectors. A quotient
# is worked out in doubles where that is exact (n + d <= 2^53, looked at block by block), else in whole numbers.
_SOURCE = r"""
#include <stdint.h>
#include <pthread.h>
#include <string.h>
#include <stdlib.h>
#include <math.h>
#define BLOCK 2048
typedef int64_t whole;
typedef struct {
    whole from, to;
    const whole **planned, **actual;
    whole *total, **components;
    const whole *group, *before;  /* the group, and the rank published last year */
    whole groups, most;           /* totals and earlier ranks are at most this */
    whole *sums[2];               /* of each group: running sums by total, and by earlier rank */
    whole *rank, *tier, *bottom;
} work;

static void add(const whole *restrict p, const whole *restrict a, whole *restrict sum, whole count) {
    whole greatest = 0;
    for (whole i = 0; i < count; i++) {
        whole n = 2 * POINTS * a[i] + 3 * p[i];
        greatest = n > greatest ? n : greatest;
    }
    if (greatest <= (1LL << 53))
        for (whole i = 0; i < count; i++) {
            double quotient = floor((double)(2 * POINTS * a[i] + p[i]) / (double)(2 * p[i]));
            whole s = quotient < POINTS ? quotient : POINTS;
            sum[i] += s & -(whole)(a[i] * 10 >= p[i] * 6);  /* no branch: the compiler makes vectors of it */
        }
    else
        for (whole i = 0; i < count; i++)
            sum[i] += a[i] * 10 < p[i] * 6 ? 0 : a[i] >= p[i] ? POINTS : (2 * POINTS * a[i] + p[i]) / (2 * p[i]);
}

static void *points(void *given) {
    work *w = given;
    whole sums[COMPONENTS][BLOCK];
    for (whole at = w->from; at < w->to; at += BLOCK) {
        whole count = w->to - at < BLOCK ? w->to - at : BLOCK;
        memset(sums, 0, sizeof sums);
        for (int t = 0; t < TARGETS; t++)
            add(w->planned[t] + at, w->actual[t] + at, sums[t / (TARGETS / COMPONENTS)], count);
        for (int c = 0; c < COMPONENTS; c++) memcpy(w->components[c] + at, sums[c], count * sizeof(whole));
        for (whole i = 0; i < count; i++) w->total[at + i] = sums[0][i] + sums[1][i] + sums[2][i] + sums[3][i];
    }
    return NULL;
}

/* How many of each group have each total (one thread), or had each rank (the other), summed from the best. */
static void *counted(void *given) {
    work *w = given;
    whole side = w->from, width = w->most + 2, *sums = w->sums[side];
    const whole *of = side ? w->before : w->total;
    for (whole i = 0; i < w->to; i++) sums[w->group[i] * width + (side ? of[i] : w->most - of[i]) + 1]++;
    for (whole g = 0; g < w->groups; g++)
        for (whole k = 1; k < width; k++) sums[g * width + k] += sums[g * width + k - 1];
    return NULL;
}

static void *placed(void *given) {
    work *w = given;
    whole width = w->most + 2;
    for (whole i = w->from; i < w->to; i++) {
        const whole *now = w->sums[0] + w->group[i] * width, *then = w->sums[1] + w->group[i] * width;
        whole better = now[w->most - w->total[i]], with = now[w->most - w->total[i] + 1], peers = now[width - 1];
        w->rank[i] = better + 1;
        w->tier[i] = w->total[i] >= 8500 && with <= peers * 20 / 100 ? 0
            : w->total[i] >= 7500 && with <= peers * 50 / 100 ? 1 : w->total[i] >= 6000 ? 2 : 3;
        w->bottom[i] = peers - with < 2 && peers - then[w->before[i] + 1] < 2;
    }
    return NULL;
}

static void both(void *(*run)(void *), work *w) {
    pthread_t other;
    pthread_create(&other, NULL, run, &w[1]);
    run(&w[0]);
    pthread_join(other, NULL);
}

int score(whole n, const whole **planned, const whole **actual, whole *total, whole **components,
          whole groups, whole most, const whole *group, const whole *before, whole *rank, whole *tier, whole *bottom) {
    work w[2] = {{0, n / 2, planned, actual, total, components, group, before, groups, most,
                  {NULL, NULL}, rank, tier, bottom}};
    w[1] = w[0];
    w[1].from = n / 2;
    w[1].to = n;
    both(points, w);
    if (group == NULL) return 0;
    for (int side = 0; side < 2; side++) {
        whole *sums = calloc(groups * (most + 2), sizeof(whole));
        if (sums == NULL) return 1;
        w[0].sums[side] = w[1].sums[side] = sums;
    }
    work c[2] = {w[0], w[1]};
    for (int side = 0; side < 2; side++) {
        c[side].from = side;
        c[side].to = n;
    }
    both(counted, c);
    both(placed, w);
    free(w[0].sums[0]);
    free(w[0].sums[1]);
    return 0;
}
"""


@cache
def c_loop(targets: int) -> Callable[..., Any]:
    """`score` of the source above. Raises ImportError where there is no C compiler."""
    compiler = shutil.which("cc")
    if compiler is None:
        raise ImportError("there is no C compiler")
    defined = {"TARGETS": targets, "COMPONENTS": COMPONENTS, "POINTS": 100 * 100 // targets}
    with tempfile.TemporaryDirectory() as folder:
        source, library = Path(folder, "bulk.c"), Path(folder, f"bulk{targets}.so")
        source.write_text(_SOURCE, "utf-8")
        options = ["-O3", "-march=native", "-fno-math-errno", "-fno-trapping-math", "-shared", "-fPIC", "-pthread"]
        if platform.machine() == "x86_64":
            options.append("-mprefer-vector-width=512")
        names = [f"-D{key}={value}" for key, value in defined.items()]
        command = [compiler, *options, *names, str(source), "-o", str(library), "-lm"]
        made = subprocess.run(command, capture_output=True, check=False)
        if made.returncode:
            raise ImportError("the C compiler cannot make a library here")
        loaded = ctypes.CDLL(str(library))
    found: Callable[..., Any] = loaded.score
    return found
