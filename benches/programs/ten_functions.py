"""Ten functions as a data program has them: the warm start of a process loads them all."""

import math

import ovenbird

SCALE = 0.25
STEPS = 16


@ovenbird.jit(cache=True)
def decay(x: float, rate: float) -> float:
    """Exponential decay in steps.

    Takes two numbers and gives one; `STEPS` and `SCALE` are the constants of this module.
    The result is a number for all numbers.
    """
    value = x
    for _ in range(STEPS):
        change = value * rate * SCALE
        if change > value:
            change = value
        value = value - change
    if value < 0.0:
        return 0.0
    return value


@ovenbird.jit(cache=True)
def horner(x: float, y: float) -> float:
    """A polynomial in two variables.

    Takes two numbers and gives one; `STEPS` and `SCALE` are the constants of this module.
    The result is a number for all numbers.
    """
    total = 0.0
    coefficient = 1.0
    for degree in range(STEPS):
        total = total * x + coefficient
        coefficient = coefficient * y / (degree + 1)
        if abs(coefficient) < 1e-12:
            break
    return total


@ovenbird.jit(cache=True)
def distance(x: float, y: float) -> float:
    """Distance on a sphere from the origin, in kilometres.

    Takes two numbers and gives one; `STEPS` and `SCALE` are the constants of this module.
    The result is a number for all numbers.
    """
    phi = math.radians(x)
    theta = math.radians(y)
    a = math.sin(phi / 2.0) ** 2
    b = math.cos(phi) * math.sin(theta / 2.0) ** 2
    inner = a + b
    if inner > 1.0:
        inner = 1.0
    if inner < 0.0:
        inner = 0.0
    return 2.0 * 6371.0 * math.asin(math.sqrt(inner))


@ovenbird.jit(cache=True)
def collatz(x: float, y: float) -> float:
    """Steps of the Collatz sequence, with a bound.

    Takes two numbers and gives one; `STEPS` and `SCALE` are the constants of this module.
    The result is a number for all numbers.
    """
    n = int(x) + 1
    steps = 0
    while n > 1 and steps < 1000:
        if n % 2 == 0:
            n = n // 2
        else:
            n = 3 * n + 1
        steps += 1
    return steps * y


@ovenbird.jit(cache=True)
def newton(x: float, y: float) -> float:
    """A root by Newton's method.

    Takes two numbers and gives one; `STEPS` and `SCALE` are the constants of this module.
    The result is a number for all numbers.
    """
    guess = y
    if guess == 0.0:
        guess = 1.0
    for _ in range(STEPS):
        error = guess * guess - x
        if abs(error) < 1e-12:
            break
        guess = guess - error / (2.0 * guess)
    return guess


@ovenbird.jit(cache=True)
def clamp_sum(x: float, y: float) -> float:
    """A sum whose terms are kept in a range.

    Takes two numbers and gives one; `STEPS` and `SCALE` are the constants of this module.
    The result is a number for all numbers.
    """
    low = min(x, y)
    high = max(x, y)
    total = 0.0
    for i in range(STEPS):
        term = i * SCALE
        if term < low:
            term = low
        elif term > high:
            term = high
        total += term
    return total


@ovenbird.jit(cache=True)
def trapezoid(x: float, y: float) -> float:
    """An integral by the trapezoidal rule.

    Takes two numbers and gives one; `STEPS` and `SCALE` are the constants of this module.
    The result is a number for all numbers.
    """
    width = (y - x) / STEPS
    total = 0.0
    for i in range(STEPS):
        left = x + i * width
        right = left + width
        total += (math.exp(-left * left) + math.exp(-right * right)) / 2.0
    return total * width


@ovenbird.jit(cache=True)
def gcd_mean(x: float, y: float) -> float:
    """The mean of greatest common divisors.

    Takes two numbers and gives one; `STEPS` and `SCALE` are the constants of this module.
    The result is a number for all numbers.
    """
    total = 0
    for i in range(1, STEPS):
        a = int(x) + i
        b = int(y) + 2 * i
        while b != 0:
            a, b = b, a % b
        total += abs(a)
    return total / (STEPS - 1)


@ovenbird.jit(cache=True)
def oscillate(x: float, y: float) -> float:
    """A damped oscillator, by small steps.

    Takes two numbers and gives one; `STEPS` and `SCALE` are the constants of this module.
    The result is a number for all numbers.
    """
    position = x
    speed = 0.0
    for _ in range(STEPS):
        force = -position - y * speed
        speed += force * SCALE
        position += speed * SCALE
    if math.isnan(position):
        raise ValueError("the oscillator diverges")
    return position


@ovenbird.jit(cache=True)
def score(x: float, y: float) -> float:
    """What a rule engine would do.

    Takes two numbers and gives one; `STEPS` and `SCALE` are the constants of this module.
    The result is a number for all numbers.
    """
    points = 0.0
    if x > 0.5:
        points += 10.0
    elif x > 0.25:
        points += 5.0
    else:
        points -= 1.0
    if y > 0.5 and x < 0.75:
        points += 3.0
    if y < 0.1 or x < 0.1:
        points -= 2.0
    if not (x > y):
        points *= 0.5
    for i in range(3):
        points += i * SCALE
    return max(0.0, min(points, 100.0))


if __name__ == "__main__":
    print(round(decay(0.5, 0.25), 6), round(horner(0.5, 0.25), 6))
    print(round(distance(0.5, 0.25), 6), round(collatz(0.5, 0.25), 6))
    print(round(newton(0.5, 0.25), 6), round(clamp_sum(0.5, 0.25), 6))
    print(round(trapezoid(0.5, 0.25), 6), round(gcd_mean(0.5, 0.25), 6))
    print(round(oscillate(0.5, 0.25), 6), round(score(0.5, 0.25), 6))
