"""What the comparison scripts share: timing, options and one JSON object on stdout."""

import argparse
import json
import statistics
import sys
import time
from pathlib import Path

BENCHES = Path(__file__).resolve().parent.parent
PROGRAMS = BENCHES / "programs"
ORACLE = BENCHES.parent / "tests" / "oracle"


def options(description, *positional, rounds=5):
    """Parses `--rounds N` and the positional arguments named."""
    parser = argparse.ArgumentParser(description=description)
    for name in positional:
        parser.add_argument(name)
    parser.add_argument("--rounds", type=int, default=rounds, help=f"timed calls, default {rounds}")
    return parser


def times(call, rounds):
    """Seconds of each of `rounds` calls, and the last answer."""
    taken = []
    for _ in range(rounds):
        start = time.perf_counter()
        answer = call()
        taken.append(time.perf_counter() - start)
    return taken, answer


def summary(taken):
    """Best and median of a list of times, in seconds."""
    return {"best": min(taken), "median": statistics.median(taken), "rounds": len(taken)}


def report(data):
    """Writes the result; figures of a run belong to these versions."""
    json.dump({"python": sys.version.split()[0], **data}, sys.stdout, indent=1)
    print()
