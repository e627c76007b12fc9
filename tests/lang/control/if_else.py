"""`if`, `elif`, `else`, conditional expressions, truth of numbers and strings.

>>> sign(5)
1
>>> sign(-5)
-1
>>> sign(0)
0
>>> sign(-0.5)
-1
>>> grade(95)
'A'
>>> grade(85)
'B'
>>> grade(75)
'C'
>>> grade(10)
'F'
>>> truth(0)
'false'
>>> truth(3)
'true'
>>> truth(0.0)
'false'
>>> truth("")
'false'
>>> truth("x")
'true'
>>> larger(2, 3)
3
>>> nested(1, 1)
'both'
>>> nested(1, -1)
'first'
>>> nested(-1, 0)
'none'
>>> no_else(5)
1
>>> no_else(50)
52
>>> nested_expression(5)
'positive'
>>> nested_expression(-5)
'negative'
>>> nested_expression(0)
'zero'
>>> assigned_in_both(True)
3.0
>>> assigned_in_both(False)
5.0
"""

import ovenbird


@ovenbird.jit
def sign(x):
    if x > 0:
        return 1
    elif x < 0:
        return -1
    else:
        return 0


@ovenbird.jit
def grade(points):
    if points >= 90:
        return "A"
    elif points >= 80:
        return "B"
    elif points >= 70:
        return "C"
    return "F"


@ovenbird.jit
def truth(x):
    if x:
        return "true"
    return "false"


@ovenbird.jit
def larger(a, b):
    return a if a > b else b


@ovenbird.jit
def nested(a, b):
    if a > 0:
        if b > 0:
            return "both"
        else:
            return "first"
    return "none"


@ovenbird.jit
def no_else(x):
    y = 1
    if x > 10:
        y = 2
        y += x
    return y


@ovenbird.jit
def nested_expression(x):
    return "positive" if x > 0 else "negative" if x < 0 else "zero"


@ovenbird.jit
def assigned_in_both(flag):
    if flag:
        value = 1.5
    else:
        value = 2.5
    return value * 2
