"""Times sessions of Monty, a sandboxed Python interpreter: a fresh session with an answer, and a loop.

    python tenancy_monty.py [--rounds N]

Output is JSON: seconds of a fresh session that evaluates `1 + 1`, and of a loop of a million turns.
"""

import pydantic_monty
import shared

LOOP = """
t = 0
for i in range(1000000):
    t ^= i * i
t
"""


def session(pool, code):
    with pool.checkout() as worker:
        return worker.feed_run(code)


def main():
    rounds = shared.options(__doc__.splitlines()[0], rounds=20).parse_args().rounds
    with pydantic_monty.Monty() as pool:
        session(pool, "1 + 1")
        fresh, answer = shared.times(lambda: session(pool, "1 + 1"), rounds)
        assert answer == 2
        loop, answer = shared.times(lambda: session(pool, LOOP), max(3, rounds // 5))
    shared.report({"fresh": shared.summary(fresh), "loop": shared.summary(loop), "answer": answer})


if __name__ == "__main__":
    main()
