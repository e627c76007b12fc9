"""`while`, `while … else`, `break`, `continue`.

>>> countdown(3)
3
2
1
lift off
>>> collatz(27)
111
>>> gcd(48, 36)
12
>>> skip_odd(10)
30
>>> first_divisor(91)
'divisible'
>>> first_divisor(97)
'prime'
>>> else_runs(0)
else
0
>>> else_runs(2)
else
0
>>> forever(5)
5
>>> nested(4)
10
>>> digits(907)
16
"""

import ovenbird


@ovenbird.jit
def countdown(n):
    while n > 0:
        print(n)
        n -= 1
    print("lift off")


@ovenbird.jit
def collatz(n):
    steps = 0
    while n != 1:
        n = n // 2 if n % 2 == 0 else 3 * n + 1
        steps += 1
    return steps


@ovenbird.jit
def gcd(a, b):
    while b:
        a, b = b, a % b
    return a


@ovenbird.jit
def skip_odd(n):
    total = 0
    i = 0
    while i < n:
        i += 1
        if i % 2 == 1:
            continue
        total += i
    return total


@ovenbird.jit
def first_divisor(n):
    i = 2
    while i * i <= n:
        if n % i == 0:
            break
        i += 1
    else:
        return "prime"
    return "divisible"


@ovenbird.jit
def else_runs(n):
    while n > 0:
        n -= 1
    else:
        print("else")
    return n


@ovenbird.jit
def forever(n):
    i = 0
    while True:
        if i == n:
            return i
        i += 1


@ovenbird.jit
def nested(n):
    total = 0
    i = 0
    while i < n:
        j = 0
        while True:
            if j > i:
                break
            total += j
            j += 1
        i += 1
    return total


@ovenbird.jit
def digits(n):
    total = 0
    while n:
        total += n % 10
        n //= 10
    return total
