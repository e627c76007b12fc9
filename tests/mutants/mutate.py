#!/usr/bin/env python3
"""Guards are switched off, one at a time, to see that a test fails.

    tests/mutants/mutate.py check           does every guard in guards/*.txt still stand where it is said to?
    tests/mutants/mutate.py apply           builds all of the mutants into the sources of this worktree, once
    tests/mutants/mutate.py run [NAME...]   compiles the tests and runs those of each mutant's area against it
                                            (all that have not run yet, or those whose names begin with NAME)

After `apply` every guard asks the environment variable OVENBIRD_MUTANT whether it is off: one build serves all of the
mutants. Apply it in a worktree of its own (`git worktree add -b mutants ../mutants`), which is thrown away afterwards;
it refuses a tree with changes, and the result is never committed to anything that lasts. `run` writes what it finds to
target/mutants.json, so that it can be stopped and begun again. A mutant that no test notices is a guard without a test,
or one that is not needed: docs/break-in.md says which there are, and why.

The lists say what a guard looks like and what it looks like without:

    @ host/src/grants.rs grants             the file, and the area whose tests are run
    # grant.empty                           one or more names; none if it is only a part of what another needs
    ? if path.is_empty() {                  a condition that is false when the guard is off
    # text.output
    ~ state.ledger.charge_output(n)?;       a statement that is left out
    # args.offsets
    - .filter(|_| offsets.is_sorted())      these lines, which stand in the file exactly once,
    + .filter(|_| M || offsets.is_sorted()) become those, where M asks whether the guard is off

A text that is not found exactly once is an error, for all commands: whoever moves or changes a guard changes its list.
"""

import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
RESULTS = ROOT / "target/mutants.json"
MARK = "pub fn mutant("

# What is added to the compiler crate, on which all others depend. A worker process has no environment: it is told by the
# name under which it is started.
SWITCH = """
fn chosen_mutant() -> &'static str {
    static CHOSEN: std::sync::OnceLock<String> = std::sync::OnceLock::new();
    CHOSEN.get_or_init(|| {
        if let Ok(name) = std::env::var("OVENBIRD_MUTANT") {
            return name;
        }
        std::env::args().next().and_then(|first| Some(first.split_once('@')?.1.to_owned())).unwrap_or_default()
    })
}

/// Whether this guard is off.
pub fn mutant(name: &str) -> bool {
    chosen_mutant() == name
}

/// How a worker is started.
pub fn mutant_arg0() -> String {
    match chosen_mutant() {
        "" => "ovenbird-worker".to_owned(),
        name => format!("ovenbird-worker@{name}"),
    }
}
"""

COMPILER, HOST = "ovenbird_compiler", "ovenbird"

# The tests of each area: an executable, and parts of the names of its tests (none: all of them). The quick ones first.
AREAS = {
    "verifier": [(COMPILER, ["metering", "encode"]), ("evil", ["module/", "proposal/", "loops/while_true"])],
    "artifact": [(COMPILER, ["artifact", "metering", "encode"]), ("evil", ["artifact/", "module/"]), ("fuzz", ["artifact"])],
    "imports": [
        (HOST, ["imports::"]),
        ("break_in", ["forged"]),
        ("evil", ["host/", "output/", "work/", "memory/"]),
        ("api", []),
        ("fuzz", ["host"]),
    ],
    "results": [("fuzz", ["result", "lies"]), ("break_in", ["forged"]), (HOST, ["decode", "values"]), ("api", [])],
    "grants": [
        (HOST, ["grants::"]),
        ("fuzz", ["path"]),
        ("evil", ["path/"]),
        ("api", ["hostfn", "paths"]),
        ("break_in", ["attacker"]),
    ],
    "io": [(HOST, ["io::", "imports::"]), ("evil", ["parquet/"]), ("fuzz", ["parquet"]), ("api", ["limits"])],
    "external": [
        (HOST, ["external"]),
        ("break_in", ["forged"]),
        ("fuzz", ["external"]),
        ("api", ["hostfn"]),
        ("cache_bundle", ["host"]),
    ],
    "cache": [
        (HOST, ["cache::", "native", "engine_config"]),
        ("break_in", ["forged", "cache"]),
        ("cache_store", []),
        ("cache", []),
    ],
    "bundle": [
        (HOST, ["bundle::", "remote"]),
        ("cache_bundle", []),
        ("worker", ["bundle"]),
        ("fuzz", ["bundle"]),
    ],
    "worker": [(HOST, ["worker::", "depth", "external"]), ("worker", []), ("break_in", [])],
    "budget": [
        (COMPILER, []),
        (HOST, ["stages", "compilation"]),
        ("api", ["budget", "limits", "compile_time", "lowering"]),
        ("evil", ["source/"]),
    ],
    "limits": [(HOST, ["limits", "watchdog"]), ("api", []), ("evil", ["loops/"])],
    "run": [
        (HOST, ["pool", "workers", "run", "task", "engine_config"]),
        ("api", []),
        ("break_in", ["memory"]),
        ("evil", ["loops/", "memory/"]),
    ],
}

# Longest time for the tests of one area in one executable; a mutant may make them hang.
PATIENCE = 600


def guards():
    """All entries: (file, area, names, old, new)."""
    for path in sorted((ROOT / "tests/mutants/guards").glob("*.txt")):
        file = area = None
        entries = []
        for number, line in enumerate(path.read_text().splitlines(), 1):
            mark, _, text = line.partition(" ")
            if mark == "@":
                file, area = text.split()
            elif mark == "#":
                entries.append((file, area, text.split(), [], []))
            elif mark == "?" and entries and text.startswith("if ") and text.endswith(" {"):
                entries[-1][3].append(text)
                entries[-1][4].append(f"if ({text[3:-2]}) && !M {{")
            elif mark == "~" and entries:
                entries[-1][3].append(text)
                entries[-1][4].append(f"if !M {{ {text} }}")
            elif mark in "-+" and entries and line:
                entries[-1][3 if mark == "-" else 4].append(text)
            elif line:
                sys.exit(f"{path}:{number}: not understood")
        for file, area, names, old, new in entries:
            yield file, area, names, "\n".join(old), "\n".join(new)


def changed():
    """The files with all mutants in them. An error names every text that is not there exactly once."""
    texts, wrong, seen = {}, [], set()
    for file, area, names, old, new in guards():
        text = texts.get(file)
        if text is None:
            text = (ROOT / file).read_text()
        count = text.count(old)
        if count != 1 or area not in AREAS or seen & set(names):
            wrong.append(f"{' '.join(names)}: {count} times in {file}: {old!r}")
        seen |= set(names)
        asks = ("crate" if file.startswith("compiler/") else COMPILER) + f'::mutant("{"".join(names[:1])}")'
        texts[file] = text.replace(old, re.sub(r"\bM\b", lambda _: asks, new), 1)
    if wrong:
        sys.exit("\n".join(wrong) + f"\n{len(wrong)} guards are not where they were, or are listed twice")
    return texts, len(seen)


def apply():
    status = subprocess.run(["git", "status", "--porcelain"], cwd=ROOT, capture_output=True, check=True)
    if status.stdout.strip():
        sys.exit("commit or stash first: this is for a worktree that is thrown away")
    texts, count = changed()
    lib = "compiler/src/lib.rs"
    texts[lib] = texts.get(lib, (ROOT / lib).read_text()) + SWITCH
    for file, text in texts.items():
        (ROOT / file).write_text(text)
    print(f"{count} mutants are in {len(texts)} files; `git checkout .` takes them out")


def executables():
    command = [os.environ.get("CARGO", "cargo"), "test", "--release", "--workspace", "--no-run", "--message-format=json"]
    built = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    if built.returncode:
        sys.exit("it does not compile")
    found = {}
    for line in built.stdout.splitlines():
        message = json.loads(line)
        if message.get("executable") and message["profile"]["test"]:
            name, kinds = message["target"]["name"].replace("-", "_"), message["target"]["kind"]
            # Of a library and a binary with one name the library has the tests.
            if name not in found or "lib" in kinds:
                found[name] = (message["executable"], Path(message["manifest_path"]).parent)
    return found


def tested(executable, folder, filters, mutant):
    """How the tests ended, and the first of those that failed. No filters: all tests."""
    environment = dict(os.environ, OVENBIRD_MUTANT=mutant, RUST_BACKTRACE="0")
    for part in filters or [None]:
        command = [executable, *([part] if part else []), "--test-threads=2"]
        # A mutant may take all the memory there is.
        limited = ["nice", "-n", "10", "bash", "-c", 'ulimit -S -c 0; ulimit -S -d 5242880; exec "$@"', "-", *command]
        process = subprocess.Popen(
            limited, cwd=folder, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, start_new_session=True,
        )
        try:
            out, _ = process.communicate(timeout=PATIENCE)
            code = process.returncode
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            out, _ = process.communicate()
            code = "hangs"
        if code != 0:
            failed = re.findall(r"^test (.+?)\s+\.\.\. FAILED", out.decode("utf8", "replace"), re.M)
            return code, failed[:5]
    return 0, []


def run(wanted):
    if MARK not in (ROOT / "compiler/src/lib.rs").read_text():
        sys.exit("no mutants are in this tree: `apply` first")
    # The lists stand beside sources that no longer match them, so they are only read here.
    todo = [(name, area) for _, area, names, _, _ in guards() for name in names]
    known = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    todo = [one for one in todo if (one[0].startswith(tuple(wanted)) if wanted else one[0] not in known)]
    found = executables()
    for area in sorted({area for _, area in todo}):
        for executable, filters in AREAS[area]:
            code, failed = tested(*found[executable], filters, "")
            if code != 0:
                sys.exit(f"without any mutant, {executable} {filters} ends with {code}: {failed}")
    for name, area in todo:
        killed = None
        for executable, filters in AREAS[area]:
            code, failed = tested(*found[executable], filters, name)
            if code != 0:
                killed = {"by": executable, "code": code, "failed": failed}
                break
        known[name] = {"area": area, "killed": killed}
        RESULTS.write_text(json.dumps(known, indent=1))
        print(name, f"killed: {killed['by']} {killed['code']} {killed['failed'][:2]}" if killed else "SURVIVED", flush=True)
    survived = [name for name, one in known.items() if not one["killed"]]
    print(f"{len(known)} run, {len(known) - len(survived)} killed, {len(survived)} survived: {' '.join(survived)}")


def main():
    match sys.argv[1:]:
        case ["check"]:
            print(f"{changed()[1]} guards are where they are said to be")
        case ["apply"]:
            apply()
        case ["run", *names]:
            run(names)
        case _:
            sys.exit(__doc__)


main()
