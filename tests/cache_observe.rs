//! What the cache says about itself, and that it changes nothing: explanations, counts, the log, checks of
//! entries, and random programs with and without it. By values and reasons, never by time.

use ovenbird_tests::project::Project;

#[path = "cache/observe/counts.rs"]
mod counts;
#[path = "cache/observe/differential.rs"]
mod differential;
#[path = "cache/observe/doctor.rs"]
mod doctor;
#[path = "cache/observe/inspect.rs"]
mod inspect;
#[path = "cache/observe/log.rs"]
mod log;
#[path = "cache/observe/verify.rs"]
mod verify;
#[path = "cache/observe/why.rs"]
mod why;

const MAIN: &str = "\
import ovenbird
from helpers import scale

K = 3


@ovenbird.jit(cache=True)
def f(x):
    y = scale(x)
    return y * K


print(f(2))
";
const HELPERS: &str = "\
from deep import base


def scale(x):
    return base(x) * 10
";
const DEEP: &str = "\
def base(x):
    return x + 1
";

/// A project that has run once.
fn warm() -> Project {
    let project = Project::new(&[("main.py", MAIN), ("helpers.py", HELPERS), ("deep.py", DEEP)]);
    project.run_with(&project.engine(), "main.py").prints("90\n");
    project.events();
    project
}

fn edit(project: &Project, file: &str, from: &str, to: &str) {
    let text = std::fs::read_to_string(project.path(file)).expect("the file can be read");
    assert!(text.contains(from), "{file} has no `{from}`");
    project.write(file, &text.replace(from, to));
}

/// The command line, with the project's cache and a home of its own.
fn command(project: &Project, arguments: &[&str]) -> std::process::Command {
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_command_line"));
    command.args(arguments).current_dir(project.path("")).env_clear();
    command.env("OVENBIRD_CACHE_DIR", project.cache_dir()).env("HOME", project.path("../home"));
    command
}

/// Standard output and exit code of the command line.
fn run(command: &mut std::process::Command) -> (String, i32) {
    let output = command.output().expect("the command line can be started");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    (text, output.status.code().unwrap_or(-1))
}
