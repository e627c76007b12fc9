"""The Mandelbrot set as text: plain loops over floats, compiled.

>>> escape_time(0.0, 0.0, 50)
50
>>> escape_time(1.0, 1.0, 50)
2
>>> total(16, 12, 40)
2505
"""

import ovenbird


def escape_time(cr, ci, limit):
    """Steps of z = z*z + c before z leaves the circle of radius 2, at most `limit`."""
    zr = 0.0
    zi = 0.0
    for step in range(limit):
        if zr * zr + zi * zi > 4.0:
            return step
        zr, zi = zr * zr - zi * zi + cr, 2.0 * zr * zi + ci
    return limit


@ovenbird.jit(cache=True)
def total(width, height, limit):
    """The sum of all escape times: a number to check and to time."""
    steps = 0
    for row in range(height):
        for column in range(width):
            steps += escape_time(-2.0 + 3.0 * column / width, -1.25 + 2.5 * row / height, limit)
    return steps


@ovenbird.jit(cache=True)
def draw(width, height, limit):
    for row in range(height):
        line = ""
        for column in range(width):
            steps = escape_time(-2.0 + 3.0 * column / width, -1.25 + 2.5 * row / height, limit)
            if steps == limit:
                line += "#"
            elif steps > 8:
                line += "+"
            elif steps > 4:
                line += "."
            else:
                line += " "
        print(line)


if __name__ == "__main__":
    draw(64, 24, 200)
    print(total(64, 24, 200), "steps")
