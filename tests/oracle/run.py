"""The oracle: runs the doctests of Ovenbird programs under CPython with NumPy and pandas.

    python run.py [--bless] PATH...      doctests of files, or of every .py file below a directory
    python run.py --script FILE          the module body of one file

Each file is run from its own directory, with that directory and the `ovenbird` stand-in first on
`sys.path`, as `ovenbird test` does. `--bless` (or `BLESS=1`) writes what CPython printed into the
docstrings; it is the only way in which expectations are made. Exit code: 0 when all passed,
1 when an example failed or a file could not be imported, 2 for wrong usage.
"""

import argparse
import contextlib
import doctest
import importlib.util
import io
import os
import runpy
import sys
import traceback
from pathlib import Path

HERE = Path(__file__).resolve().parent
SKIPPED = {"data", "__pycache__"}


def find_files(paths):
    """Expands directories into their .py files, in a fixed order."""
    files = []
    for path in map(Path, paths):
        if path.is_dir():
            found = (p for p in path.rglob("*.py") if not SKIPPED.intersection(p.relative_to(path).parts))
            files.extend(sorted(p.resolve() for p in found))
        elif path.is_file():
            files.append(path.resolve())
        else:
            print(f"run.py: no such file: {path}", file=sys.stderr)
            sys.exit(2)
    return files


@contextlib.contextmanager
def entered(path):
    """Makes the file's directory the current one and the first on `sys.path`; undone on leaving."""
    before = (os.getcwd(), list(sys.path), set(sys.modules))
    os.chdir(path.parent)
    sys.path[:0] = [str(path.parent), str(HERE)]
    try:
        yield
    finally:
        os.chdir(before[0])
        sys.path[:] = before[1]
        # Files of different directories may have the same name: forget those that this one imported.
        for name in set(sys.modules) - before[2]:
            source = getattr(sys.modules[name], "__file__", None)
            if source and Path(source).parent == path.parent:
                del sys.modules[name]


def load(path):
    """Imports a file as a module of its own, whatever its name."""
    spec = importlib.util.spec_from_file_location("oracle_" + path.stem, path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def check(path):
    """Returns (failed, attempted) and prints each failure in doctest's own form."""
    with entered(path):
        try:
            module = load(path)
        except Exception:
            print(f"{path}: cannot be imported\n{traceback.format_exc()}")
            return 1, 1
        runner = doctest.DocTestRunner(verbose=False)
        for test in doctest.DocTestFinder().find(module, globs=vars(module)):
            runner.run(test)
        return runner.failures, runner.tries


def observe(source, scope):
    """Runs one example and returns what doctest would want to see."""
    output = io.StringIO()
    try:
        with contextlib.redirect_stdout(output):
            exec(compile(source, "<example>", "single"), scope)
    except Exception as error:
        lines = traceback.format_exception_only(type(error), error)
        return "Traceback (most recent call last):\n" + "".join(lines)
    text = output.getvalue()
    if text and not text.endswith("\n"):
        text += "\n"
    return "".join(line if line.strip() else "<BLANKLINE>\n" for line in text.splitlines(keepends=True))


def bless(path):
    """Rewrites the expected output of the examples in the module's docstring.

    Works on the file's text, so a docstring with backslashes has to be a raw one (`r\"\"\"`).
    """
    text = path.read_text(encoding="utf-8")
    if '"""' not in text:
        return
    start = text.index('"""') + 3
    end = text.index('"""', start)
    with entered(path):
        scope = vars(load(path))
        new = text[:start] + "".join(blessed_parts(text[start:end], scope)) + text[end:]
    if new != text:
        path.write_text(new, encoding="utf-8")
        print(f"blessed {path}")


def blessed_parts(docstring, scope):
    """Yields the docstring's prose as it is and its examples with CPython's output."""
    for part in doctest.DocTestParser().parse(docstring):
        if isinstance(part, str):
            yield part
            continue
        first, *rest = part.source.splitlines()
        yield f">>> {first}\n" + "".join(f"... {line}".rstrip() + "\n" for line in rest)
        yield observe(part.source, scope)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bless", action="store_true", help="write CPython's output into the docstrings")
    parser.add_argument("--script", action="store_true", help="run the module body of one file")
    parser.add_argument("paths", nargs="+", metavar="PATH")
    options = parser.parse_args()
    if sys.version_info[:2] != (3, 11):
        print("run.py: expectations come from CPython 3.11; messages of other versions differ", file=sys.stderr)
    files = find_files(options.paths)
    if options.script:
        with entered(files[0]):
            runpy.run_path(str(files[0]), run_name="__main__")
        return 0
    failed = attempted = 0
    for path in files:
        if options.bless or os.environ.get("BLESS") == "1":
            bless(path)
        failures, tries = check(path)
        failed += failures
        attempted += tries
    print(f"{len(files)} files, {attempted} examples, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
