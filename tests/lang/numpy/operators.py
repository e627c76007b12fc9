"""Operators, reductions and functions of arrays, as NumPy prints them.

>>> ops()
[5.  0.5 1.  1.5] [ 0.  -3.5  2.  -0.5] [ 2. -5.  6.  1.] [ 0.25       -0.83333333 -1.5         0.5       ] [ 2  1 -1  0] [1 0 1 1] [1.   6.25 9.   0.25] [16  9  4  1] [-1.   2.5 -3.  -0.5] [ 4  3 -2  1] [1.  2.5 3.  0.5] [False  True False False] [-5 -4  1 -2]
[ True False  True  True] [ True False False  True] [ True False  True  True] [False False False False] [ True  True  True  True] [ True  True  True  True] [ True  True False  True] [ True  True False False] [ True  True False False]
[ 0. -2.  1.  0.] [1.  1.5 1.  0.5] [-2.  3. -4. -1.] [ 2.   1.5 -1.   0.5] [ 1  2 -4  7] [ 3  1 -1  0] [16.    8.    0.25  2.  ] [ 8  6 -4  2] [ 2  1 -1  0] [0 3 2 1] [12 11 -2  9]
[1.  3.  0.5] [4 3 1] [1. 3.] [ 0.5 -2.5]
[1.  0.  3.  0.5]
[2.  1.  4.  1.5] [ 8  6 -4  2]
[2.  0.5 3.5 1. ]
[1.  3.5 0.5 2. ] [0.  3.5 0.  2. ] [1 6 1 1]
[2.  2.  0.5 3.5]
>>> two()
[[ 0.   2.5  5. ]
 [ 7.5 10.  12.5]] [[0 3]
 [1 4]
 [2 5]] [[ 9 12 15]
 [12 17 22]
 [15 22 29]] [ 8 26] 11.0
[[10 21 32]
 [13 24 35]] [[ 0  1  2]
 [ 6  8 10]] [2 8] [3 3 3]
15 [3 5 7] [ 3 12] [2.25 3.75 5.25] [2 5] 0 5 0 [ 0  1  3  6 10 15]
(2, 3) 6 2 2 (24, 8) (8, 24) [[0 2]
 [3 5]] [[4 5]
 [1 2]]
[3 4 5] True False 5 True False
[0 1 2] 3
[3 4 5] 12
[[0. 1. 2. 3.]
 [5. 5. 3. 6.]
 [0. 0. 4. 1.]]
[[0.0, 1.0, 2.0, 3.0], [5.0, 5.0, 3.0, 6.0], [0.0, 0.0, 4.0, 1.0]] [[1. 0.]
 [0. 1.]] [[7 7]
 [7 7]] [[1 1 1]
 [1 1 1]] [[0. 0. 0.]
 [0. 0. 0.]] [[3 3 3]
 [3 3 3]]
[[0. 1. 2.]
 [3. 4. 5.]] [[0 1 3]
 [4 6 7]] [[0 1 3]
 [4 6 7]] [ 1 -1]
[0 1 2 3 4 5] [0 1 2 3 4 5] [0 1 2 3 4 5] [[0 1]
 [2 3]
 [4 5]] [[0]
 [1]
 [2]
 [3]
 [4]
 [5]]
>>> red(1000)
485.50533867177637 0.48550533867177637 0.294554941512037 0.08676261356915954 0.2947023295330251 0.0 0.9996230013798595 315
167.25701601593855 0.4846481077782744 0.08676261356915954 0.0 24
>>> red(777)
372.94007474204864 0.4799743561673728 0.2848218688873025 0.08112349699645574 0.28500532904731574 0.0 0.996094271442189 168
129.8757457686081 0.48040543464929336 0.08112349699645574 0.0 24
>>> fun()
[0.70710678 1.         1.41421356] [1.64872127 2.71828183 7.3890561 ] [-0.69314718  0.          0.69314718] [ 0.87758256  0.54030231 -0.41614684] [ 0.54630249  1.55740772 -2.18503986] [0.46364761 0.78539816 1.10714872] [-0.30103  0.       0.30103] [-1.  0.  1.]
[0. 1. 2.] [1. 1. 2.] [0. 1. 2.] [0.5 1.  2. ] [0.25 1.   4.  ] [-1. -1. -1.] [1.11803399 1.41421356 2.23606798] [0.78539816 0.78539816 0.78539816]
[1. 1. 2.] [0.5 0.  2. ] [0.75 1.   1.5 ] [False False False] [False False False]
2.0 2.0 3 2.0 2 1.0 8.0 -1
[ 28.64788976  57.29577951 114.59155903] [0.00872665 0.01745329 0.03490659] [0.46211716 0.76159416 0.96402758] [0.52109531 1.17520119 3.62686041] [0.64872127 1.71828183 6.3890561 ] [0.40546511 0.69314718 1.09861229] [0.79370053 1.         1.25992105] [0.25 1.   4.  ]
[0.5 1.  2.  0.5 1.  2. ] [0.5 1. ] True [1.5 2.  3. ] [False  True False] [ True False False]
3.141592653589793 2.718281828459045 inf nan 6 2.0
>>> types()
[  1   2 300] [  2   3 301] -5536 [2.10000002 4.20000005] True True
[0. 1. 2.] [0.   0.25 0.5  0.75] [0 1 2 3 4] 10 2.0 [0.  1.5 3.  4.5 6. ] [0.  0.5 1.  1.5 2. ] [2 1] 2
[ True  True] [2.5 0. ]
[[1. 2.]
 [3. 4.]] [1.  2.5] [1 2] [0 1 2 3] [0.   0.25 0.5  0.75 1.  ] [0.   0.25 0.5  0.75]
"""

import numpy as np
import ovenbird


@ovenbird.jit
def ops():
    a = np.array([1.0, -2.5, 3.0, 0.5])
    b = np.array([4, 3, -2, 1])
    m = a > 0.0
    print(a + b, a - 1, 2 * a, a / b, b // 2, b % 3, a ** 2, b ** 2, -a, +b, abs(a), ~m, ~b)
    print(m, m & (b > 0), m | (b > 3), m ^ m, a == a, a != b, a <= b, b >= 2, 1 < b)
    print(a // 2, a % 2, -a // 0.75, b / 2, 7 // b, 7 % b, 2.0 ** b, b << 1, b >> 1, b & 3, b | 8)
    print(a[m], b[b > 0], a[[0, 2]], a[np.array([3, 1])])
    a[a < 0] = 0.0
    print(a)
    a += 1
    b *= 2
    print(a, b)
    a[1:] -= 0.5
    print(a)
    c = a.copy()
    c[:] = a[::-1]
    print(c, np.where(c > 1, c, 0.0), np.where(m, 1, b))
    a[1:] = a[:-1]
    print(a)


@ovenbird.jit
def two():
    a = np.arange(6).reshape(2, 3)
    f = a * 1.5
    print(a + f, a.T, a.T @ a, a @ np.array([1, 2, 3]), np.dot(np.array([1.0, 2.0]), np.array([3.0, 4.0])))
    print(a + np.array([10, 20, 30]), a * np.array([[1], [2]]), a[:, 1] * 2, a[1] - a[0])
    print(a.sum(), a.sum(0), a.sum(axis=1), f.mean(axis=0), a.max(1), a.min(), a.argmax(), f.argmin(), np.cumsum(a))
    print(a.shape, a.size, a.ndim, len(a), a.strides, a.T.strides, a[:, ::2], a[::-1, 1:])
    print(a[a > 2], (a > 2).any(), (a > 2).all(), np.count_nonzero(a), 3 in a, 9 in a)
    for row in a:
        print(row, row.sum())
    g = np.zeros((3, 4))
    g[1, :] = 5
    g[:, 2] = np.array([1.0, 2.0, 3.0])
    g[0] = np.arange(4)
    g[1:, 2:] += 1
    print(g)
    print(g.tolist(), np.eye(2), np.full((2, 2), 7), np.ones_like(a), np.zeros_like(f), np.full_like(a, 3))
    print(a.astype(float), f.astype(np.int64), f.astype(np.int32), np.array([1.7, -1.7]).astype(int))
    print(a.flatten(), a.ravel(), a.reshape(-1), a.reshape(3, 2), a.reshape((6, 1)))


@ovenbird.jit
def red(n):
    x = np.linspace(0.0, 1.0, n)
    y = x * 7919.123 + x * x * 331.7
    z = y - np.floor(y)
    print(z.sum(), z.mean(), z.std(), z.var(), np.std(z, ddof=1), z.min(), z.max(), z.argmax())
    print(np.sum(z[::3]), np.mean(z[5:]), np.var(z), z.prod(), np.prod(np.array([1, 2, 3, 4])))


@ovenbird.jit
def fun():
    x = np.array([0.5, 1.0, 2.0])
    print(np.sqrt(x), np.exp(x), np.log(x), np.cos(x), np.tan(x), np.arctan(x), np.log10(x), np.log2(x))
    print(np.floor(x), np.ceil(x), np.rint(x), np.abs(-x), np.square(x), np.sign(-x), np.hypot(x, 1.0), np.arctan2(x, x))
    print(np.maximum(x, 1.0), np.minimum(x, np.array([1.0, 0.0, 5.0])), np.clip(x, 0.75, 1.5), np.isnan(x), np.isfinite(x / 0.0))
    print(np.sqrt(4.0), np.sqrt(4), np.abs(-3), np.floor(2.5), np.maximum(1, 2), np.exp(0), np.power(2.0, 3.0), np.sign(-2))
    print(np.degrees(x), np.deg2rad(x), np.tanh(x), np.sinh(x), np.expm1(x), np.log1p(x), np.cbrt(x), np.power(x, 2))
    print(np.concatenate((x, x)), np.diff(x), np.array_equal(x, x), np.add(x, 1), np.logical_and(x > 0.7, x < 1.5), np.logical_not(x > 0.7))
    print(np.pi, np.e, np.inf, np.nan, np.sum([1, 2, 3]), np.mean([1.5, 2.5]))


@ovenbird.jit
def types():
    a = np.array([1, 2, 300], dtype=np.int16)
    b = np.array([1.1, 2.2], dtype=np.float32)
    print(a, a + 1, (a * 200)[2], b + np.array([1, 2]), (b * 2).dtype == np.float32, a.dtype == np.int16)
    c = np.arange(3, dtype=np.float64)
    d = np.arange(0.0, 1.0, 0.25)
    e = np.arange(5, dtype=np.int32)
    print(c, d, e, e.sum(), e.mean(), e * 1.5, e / 2, np.array([True, False]) + 1, np.array([True, True]).sum())
    print(np.array([True, False]) + np.array([True, True]), np.array([True, False]) * 2.5)
    print(np.array([[1, 2], [3, 4]], dtype=float), np.array((1, 2.5)), np.asarray([1, 2]), np.array(range(4)), np.linspace(0, 1, 5), np.linspace(0, 1, 4, endpoint=False))
