//! The program that most tests of the cache begin with: a function in one file that calls through two others.

use crate::project::Project;

/// The script: one function that asks for caching, and the module's body.
pub const MAIN: &str = "\
import ovenbird
from helpers import scale

K = 3


@ovenbird.jit(cache=True)
def f(x):
    y = scale(x)
    return y * K


print(f(2))
";
/// What it calls.
pub const HELPERS: &str = "\
from deep import base


def scale(x):
    return base(x) * 10
";
/// What that calls.
pub const DEEP: &str = "\
def base(x):
    return x + 1
";

/// A project that has never run.
pub fn project() -> Project {
    Project::new(&[("main.py", MAIN), ("helpers.py", HELPERS), ("deep.py", DEEP)])
}

/// A project that has run once.
pub fn warm() -> Project {
    let project = project();
    project.run("main.py").prints("90\n");
    project.events();
    project
}

/// Replaces text in one of a project's files, which must be there.
pub fn edit(project: &Project, file: &str, from: &str, to: &str) {
    let text = std::fs::read_to_string(project.path(file)).expect("the file can be read");
    assert!(text.contains(from), "{file} has no `{from}`");
    project.write(file, &text.replace(from, to));
}
