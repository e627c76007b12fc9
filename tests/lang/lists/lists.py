"""Lists of one element type: literals, append, index, set, length, loops, printing.

>>> literal()
[1, 2, 3]
>>> of_floats()
[0.1, 2.0, -0.0, 1e+16]
>>> of_strings()
['a', "it's", '']
>>> of_bools()
[True, False]
>>> squares(5)
[0, 1, 4, 9, 16]
>>> total([1, 2, 3])
6.0
>>> total([0.5, 0.25])
0.75
>>> get([10, 20, 30], 1)
20
>>> get([10, 20, 30], -1)
30
>>> get([10, 20, 30], -3)
10
>>> get([10, 20, 30], 3)
Traceback (most recent call last):
IndexError: list index out of range
>>> get([10, 20, 30], -4)
Traceback (most recent call last):
IndexError: list index out of range
>>> put([1, 2, 3], 1, 9)
[1, 9, 3]
>>> put([1, 2, 3], -1, 9)
[1, 2, 9]
>>> put([1, 2, 3], 5, 9)
Traceback (most recent call last):
IndexError: list assignment index out of range
>>> size([1.5, 2.5])
2
>>> empty()
(0, 1)
>>> by_index([3, 1, 2])
312
>>> largest([3, 9, 2])
9
>>> truth([0])
1
>>> truth([1, 2])
1
>>> printed()
[1, 2]
[1.5, 2.0] ['a', 'b'] 2
>>> augmented([1, 2, 3])
[1, 12, 6]
>>> primes(30)
[2, 3, 5, 7, 11, 13, 17, 19, 23, 29]
>>> grown(1000)
(499500, 1001)
"""

import ovenbird


@ovenbird.jit
def literal():
    return [1, 2, 3]


@ovenbird.jit
def of_floats():
    return [0.1, 2.0, -0.0, 1e16]


@ovenbird.jit
def of_strings():
    return ["a", "it's", ""]


@ovenbird.jit
def of_bools():
    return [True, False]


@ovenbird.jit
def squares(n):
    out = []
    for i in range(n):
        out.append(i * i)
    return out


@ovenbird.jit
def total(xs):
    s = 0.0
    for x in xs:
        s += x
    return s


@ovenbird.jit
def get(xs, i):
    return xs[i]


@ovenbird.jit
def put(xs, i, x):
    xs[i] = x
    return xs


@ovenbird.jit
def size(xs):
    return len(xs)


@ovenbird.jit
def empty():
    xs = []
    before = len(xs)
    xs.append(1.5)
    return before, len(xs)


@ovenbird.jit
def by_index(xs):
    s = 0
    for i in range(len(xs)):
        s = s * 10 + xs[i]
    return s


@ovenbird.jit
def largest(xs):
    best = xs[0]
    for x in xs:
        if x > best:
            best = x
    return best


@ovenbird.jit
def truth(xs):
    count = 0
    if xs:
        count += 1
    return count


@ovenbird.jit
def printed():
    xs = [1, 2]
    print(xs)
    print([1.5, 2.0], ["a", "b"], len(xs))


@ovenbird.jit
def augmented(xs):
    xs[1] += 10
    xs[-1] *= 2
    return xs


@ovenbird.jit
def primes(n):
    found = [2]
    for i in range(3, n):
        prime = True
        for p in found:
            if i % p == 0:
                prime = False
                break
        if prime:
            found.append(i)
    return found


@ovenbird.jit
def grown(n):
    xs = [0]
    for i in range(n):
        xs.append(xs[-1] + i)
    return xs[n], len(xs)
