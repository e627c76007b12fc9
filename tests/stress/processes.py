#!/usr/bin/env python3
"""Processes that stop, die or cannot lock while others want the same code: the program as it is built, with its own times.

    tests/stress/processes.py [OVENBIRD=target/release/ovenbird]

Takes half a minute, and needs neither root nor a network (locks are taken away by a filter of system calls, on x86-64).
Exit code 1 and what was seen if something is wrong.
"""

import ctypes
import errno
import json
import os
import platform
import signal
import struct
import subprocess
import sys
import tempfile
import time
from pathlib import Path

OVENBIRD = str(Path(sys.argv[1] if len(sys.argv) > 1 else "target/release/ovenbird").resolve())
# What the cache waits for a process that makes the same entry, at least (LOCK_WAIT in host/src/cache.rs).
WAIT = 10


def slow():
    """A function that takes a second to compile."""
    block = "    for i in range(3):\n        if t % {0} == {1}:\n            t = t * {0} + i\n        t = t % 1000003\n"
    blocks = "".join(block.format(n + 2, n % 7) for n in range(500))
    return f"import ovenbird\n\n\n@ovenbird.jit(cache=True)\ndef f(x):\n    t = x\n{blocks}    return t\n\n\nprint(f(12345))\n"


def printed():
    """What CPython prints for it."""
    stand_in = "import sys, types\nm = types.ModuleType('ovenbird')\nm.jit = lambda **k: lambda f: f\nsys.modules['ovenbird'] = m\n"
    return subprocess.run([sys.executable, "-c", stand_in + slow()], capture_output=True, check=True, text=True).stdout


class Place:
    """A program and a cold cache, in a folder that disappears."""

    def __enter__(self):
        self.folder = tempfile.TemporaryDirectory()
        self.path = Path(self.folder.name)
        (self.path / "slow.py").write_text(slow())
        (self.path / "log").touch()
        self.env = {"HOME": str(self.path), "OVENBIRD_CACHE_DIR": str(self.path / "cache")}
        return self

    def __exit__(self, *_):
        self.folder.cleanup()

    def start(self, *arguments, **options):
        env = self.env | {"OVENBIRD_CACHE_LOG": str(self.path / "log")}
        return subprocess.Popen([OVENBIRD, *arguments], cwd=self.path, env=env, stdout=-1, stderr=-1, text=True, **options)

    def run(self, **options):
        return self.start("run", "slow.py", **options)

    def events(self, pid, **wanted):
        lines = (self.path / "log").read_text().splitlines()
        events = [event for event in map(json.loads, lines) if event["pid"] == pid]
        return [event for event in events if all(event.get(key) == value for key, value in wanted.items())]

    def wait_for(self, pid, **wanted):
        """Until the log tells of such an event of this process."""
        until = time.monotonic() + 60
        while not self.events(pid, **wanted):
            check(time.monotonic() < until, f"{wanted} never happened")
            time.sleep(0.002)

    def compiling(self):
        """A process that has just begun to compile the function."""
        process = self.run()
        self.wait_for(process.pid, event="lookup", level="wasm", label="slow.f", outcome="miss.cold")
        return process

    def is_sound(self):
        """All entries are authentic, the next process compiles nothing, and no writer has left anything."""
        verified = self.start("cache", "verify")
        text = verified.communicate()[0]
        check(verified.returncode == 0 and text.endswith(" 0 wrong\n"), text)
        process = self.run()
        right(process)
        outcomes = {event["outcome"] for event in self.events(process.pid, event="unit")}
        check(outcomes == {"hit.l0"}, f"not all was stored: {outcomes}")
        check(not list((self.path / "cache/v1/tmp").iterdir()), "a temporary file is left")


def check(holds, otherwise):
    if not holds:
        sys.exit(f"wrong: {otherwise}")


def right(process):
    out, err = process.communicate(timeout=120)
    check((process.returncode, out, err) == (0, EXPECTED, ""), f"exit code {process.returncode}: {out}{err}")


def stopped():
    with Place() as place:
        holder = place.compiling()
        holder.send_signal(signal.SIGSTOP)
        started = time.monotonic()
        others = [place.run() for _ in range(2)]
        for other in others:
            right(other)
        waited = time.monotonic() - started
        check(waited >= WAIT, f"they waited {waited:.1f} s only")
        for other in others:
            check(place.events(other.pid, outcome="miss.lock_timeout"), "they did not say that they waited in vain")
        holder.send_signal(signal.SIGCONT)
        right(holder)
        place.is_sound()
        return f"a process was stopped: two others went on after {waited:.1f} s, and it after that"


def killed():
    with Place() as place:
        holder = place.compiling()
        waiter = place.run()
        place.wait_for(waiter.pid, event="wait", label="slow.f")
        before = len(place.events(waiter.pid))
        at = time.time()
        holder.kill()
        holder.communicate()
        right(waiter)
        after = place.events(waiter.pid)[before]["time"] - at
        check(after < 1, f"the other went on after {after:.2f} s")
        place.is_sound()
        return f"a process was killed: another went on after {after:.2f} s"


def without_locks(code):
    """Makes locks of files fail in this process and its children, as a file system that has none."""
    load, equal, give = 0x20, 0x15, 0x06
    commands = [6, 7, 37, 38]  # F_SETLK, F_SETLKW, and those of open files
    allow, fail, flock, fcntl = 0x7FFF0000, 0x00050000 | code, 73, 72
    steps = [(load, 0, 0, 0), (equal, 3 + len(commands), 0, flock), (equal, 0, 1 + len(commands), fcntl), (load, 0, 0, 24)]
    steps += [(equal, len(commands) - at, 0, command) for at, command in enumerate(commands)]
    steps += [(give, 0, 0, allow), (give, 0, 0, fail)]
    program = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *step) for step in steps))
    head = ctypes.create_string_buffer(struct.pack("HxxxxxxQ", len(steps), ctypes.addressof(program)))
    prctl = ctypes.CDLL(None, use_errno=True).prctl
    if prctl(38, 1, 0, 0, 0) or prctl(22, 2, head, 0, 0):
        raise OSError(ctypes.get_errno(), "no filter")


def unlocked():
    if platform.machine() != "x86_64":
        return "not tested without locks: the filter is for x86-64"
    for code in (errno.ENOLCK, errno.EOPNOTSUPP):
        with Place() as place:
            processes = [place.run(preexec_fn=lambda: without_locks(code)) for _ in range(8)]
            for process in processes:
                right(process)
            doctor = place.start("cache", "doctor", preexec_fn=lambda: without_locks(code)).communicate()[0]
            check("locks      do not work here" in doctor, f"the filter does nothing: {doctor}")
            place.is_sound()
    return "there were no locks: eight processes were right, and left a sound cache"


EXPECTED = printed()
for trial in (killed, unlocked, stopped):
    print(trial(), flush=True)
