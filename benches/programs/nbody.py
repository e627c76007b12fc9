"""Sun and four giant planets, n steps of 0.01 days; the energy of the system at the end.

The kernel works on copies, so every call starts from the same sky.

>>> main(0)
-0.1690751638285433
>>> main(100)
-0.16905076238242825
"""

import math
import time

import numpy as np
import ovenbird

N_SMALL = 100
N_BENCH = 1_000_000

SOLAR_MASS = 4.0 * math.pi * math.pi
DAYS_PER_YEAR = 365.24


def copy(a):
    rows, columns = a.shape
    b = np.empty((rows, columns))
    for i in range(rows):
        for j in range(columns):
            b[i, j] = a[i, j]
    return b


def advance(position, velocity, mass, dt):
    n = len(mass)
    for i in range(n):
        for j in range(i + 1, n):
            dx = position[i, 0] - position[j, 0]
            dy = position[i, 1] - position[j, 1]
            dz = position[i, 2] - position[j, 2]
            square = dx * dx + dy * dy + dz * dz
            pull = dt / (square * math.sqrt(square))
            velocity[i, 0] -= dx * mass[j] * pull
            velocity[i, 1] -= dy * mass[j] * pull
            velocity[i, 2] -= dz * mass[j] * pull
            velocity[j, 0] += dx * mass[i] * pull
            velocity[j, 1] += dy * mass[i] * pull
            velocity[j, 2] += dz * mass[i] * pull
    for i in range(n):
        position[i, 0] += dt * velocity[i, 0]
        position[i, 1] += dt * velocity[i, 1]
        position[i, 2] += dt * velocity[i, 2]


def energy(position, velocity, mass):
    total = 0.0
    n = len(mass)
    for i in range(n):
        vx = velocity[i, 0]
        vy = velocity[i, 1]
        vz = velocity[i, 2]
        total += 0.5 * mass[i] * (vx * vx + vy * vy + vz * vz)
        for j in range(i + 1, n):
            dx = position[i, 0] - position[j, 0]
            dy = position[i, 1] - position[j, 1]
            dz = position[i, 2] - position[j, 2]
            total -= mass[i] * mass[j] / math.sqrt(dx * dx + dy * dy + dz * dz)
    return total


def setup(n):
    """Positions, velocities (astronomical units and years) and masses, momentum set to zero."""
    position = np.array(
        [
            [0.0, 0.0, 0.0],
            [4.84143144246472090, -1.16032004402742839, -0.103622044471123109],
            [8.34336671824457987, 4.12479856412430479, -0.403523417114321381],
            [12.8943695621391310, -15.1111514016986312, -0.223307578892655734],
            [15.3796971148509165, -25.9193146099879641, 0.179258772950371181],
        ]
    )
    velocity = np.array(
        [
            [0.0, 0.0, 0.0],
            [0.00166007664274403694, 0.00769901118419740425, -0.0000690460016972063023],
            [-0.00276742510726411, 0.00499852801234917238, 0.0000230417297573763929],
            [0.00296460137564761618, 0.00237847173959480950, -0.0000296589568540237556],
            [0.00268067772490389322, 0.00162824170038242295, -0.0000951592254519715870],
        ]
    )
    mass = np.array(
        [1.0, 0.000954791938424326609, 0.000285885980666130812, 0.0000436624404335156298, 0.0000515138902046611451]
    )
    for body in range(5):
        mass[body] *= SOLAR_MASS
        for axis in range(3):
            velocity[body, axis] *= DAYS_PER_YEAR
            velocity[0, axis] -= velocity[body, axis] * mass[body] / SOLAR_MASS
    return n, position, velocity, mass


@ovenbird.jit(cache=True)
def kernel(steps, start, start_velocity, mass):
    position = copy(start)
    velocity = copy(start_velocity)
    for _ in range(steps):
        advance(position, velocity, mass, 0.01)
    return float(energy(position, velocity, mass))


@ovenbird.jit(cache=True)
def main(n):
    steps, position, velocity, mass = setup(n)
    return kernel(steps, position, velocity, mass)


@ovenbird.jit(cache=True)
def timed(n, rounds):
    """Prints the seconds of each round of the kernel over the same data; returns the last answer."""
    steps, position, velocity, mass = setup(n)
    answer = kernel(steps, position, velocity, mass)
    for _ in range(rounds):
        start = time.time()
        answer = kernel(steps, position, velocity, mass)
        print(time.time() - start)
    return answer
