"""`for` over ranges with one, two and three arguments, and steps of both signs.

>>> upto(4)
0 1 2 3 end
>>> upto(0)
end
>>> upto(-3)
end
>>> between(2, 5)
2 3 4 end
>>> between(5, 2)
end
>>> between(-2, 2)
-2 -1 0 1 end
>>> stepped(0, 10, 3)
0 3 6 9 end
>>> stepped(10, 0, -4)
10 6 2 end
>>> stepped(0, 10, -1)
end
>>> stepped(3, 4, 100)
3 end
>>> stepped(1, 2, 0)
Traceback (most recent call last):
ValueError: range() arg 3 must not be zero
>>> triangle(100)
5050
>>> last_value(5)
4
>>> changing_the_variable(3)
10
11
12
>>> bounds_taken_once(3)
(3, 6)
>>> nested(3)
48
>>> backwards(3)
2,1,0,
"""

import ovenbird


@ovenbird.jit
def upto(n):
    for i in range(n):
        print(i, end=" ")
    print("end")


@ovenbird.jit
def between(a, b):
    for i in range(a, b):
        print(i, end=" ")
    print("end")


@ovenbird.jit
def stepped(a, b, c):
    for i in range(a, b, c):
        print(i, end=" ")
    print("end")


@ovenbird.jit
def triangle(n):
    total = 0
    for i in range(1, n + 1):
        total += i
    return total


@ovenbird.jit
def last_value(n):
    i = -1
    for i in range(n):
        pass
    return i


@ovenbird.jit
def changing_the_variable(n):
    for i in range(n):
        i += 10
        print(i)


@ovenbird.jit
def bounds_taken_once(n):
    count = 0
    for _ in range(n):
        n += 1
        count += 1
    return count, n


@ovenbird.jit
def nested(n):
    total = 0
    for i in range(n):
        for j in range(i, n):
            total += 10 * i + j
    return total


@ovenbird.jit
def backwards(n):
    for i in range(n - 1, -1, -1):
        print(i, end=",")
    print()
