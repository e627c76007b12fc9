"""Copies and fills of more than a mebibyte go piece by piece; they may overlap.

>>> shift_up(300000)
0.0 0.0 1.0 131070.0 131071.0 299998.0
>>> shift_down(300000)
1.0 2.0 131072.0 131073.0 299999.0 299999.0
>>> copied(300000)
44999850000.0 44999850000.0
>>> flags(3000000)
3000000 0
>>> zeros_again(300000)
0.0 0.0
>>> list_moves(300000)
300001 -1 0 131071 299999 300000 0 299999
>>> list_copy(300000)
300000 131072 262144 299999
>>> text(1500000)
3000001 a b b
"""

import numpy as np
import ovenbird


@ovenbird.jit
def shift_up(n):
    a = np.arange(n) * 1.0
    a[1:] = a[:-1]
    print(a[0], a[1], a[2], a[131071], a[131072], a[n - 1])


@ovenbird.jit
def shift_down(n):
    a = np.arange(n) * 1.0
    a[:-1] = a[1:]
    print(a[0], a[1], a[131071], a[131072], a[n - 2], a[n - 1])


@ovenbird.jit
def copied(n):
    a = np.arange(n) * 1.0
    b = a.copy()
    a[:] = 0.0
    print(b.sum(), (a + b).sum())


@ovenbird.jit
def flags(n):
    a = np.zeros(n, dtype=bool)
    a[:] = True
    first = a.sum()
    a[:] = False
    print(first, a.sum())


@ovenbird.jit
def zeros_again(n):
    a = np.ones(n)
    a = np.ones(2)
    b = np.zeros(n)
    print(b.sum(), a.sum() - 2.0)


@ovenbird.jit
def list_moves(n):
    xs = [i for i in range(n)]
    xs.insert(0, -1)
    print(len(xs), xs[0], xs[1], xs[131072], xs[n], end=" ")
    xs.pop(0)
    print(len(xs), xs[0], xs[n - 1])


@ovenbird.jit
def list_copy(n):
    xs = [i for i in range(n)]
    ys = xs[:]
    print(len(ys), ys[131072], ys[262144], ys[n - 1])


@ovenbird.jit
def text(n):
    s = "a" * n + "b" * n
    t = s + "b"
    print(len(t), t[0], t[n], t[2 * n])
