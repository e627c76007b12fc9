"""`for … else`, `break` and `continue`.

>>> is_prime(7)
True
>>> is_prime(9)
False
>>> is_prime(2)
True
>>> sum_odd(10)
25
>>> else_after_empty(0)
else
>>> break_inner(3)
6
>>> find(20, 7)
3
>>> find(5, 7)
3
>>> both(6)
12
"""

import ovenbird


@ovenbird.jit
def is_prime(n):
    for i in range(2, n):
        if n % i == 0:
            break
    else:
        return True
    return False


@ovenbird.jit
def sum_odd(n):
    total = 0
    for i in range(n):
        if i % 2 == 0:
            continue
        total += i
    return total


@ovenbird.jit
def else_after_empty(n):
    for i in range(n):
        print(i)
    else:
        print("else")


@ovenbird.jit
def break_inner(n):
    count = 0
    for i in range(n):
        for j in range(n):
            if j > i:
                break
            count += 1
    return count


@ovenbird.jit
def find(n, wanted):
    for i in range(n):
        if i * i % 10 == wanted % 10 + 2:
            return i
    return -1


@ovenbird.jit
def both(n):
    total = 0
    for i in range(100):
        if i == n:
            break
        if i % 3 == 0:
            continue
        total += i
    return total
