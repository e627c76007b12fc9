//! What the cache says about itself, and that it changes nothing: explanations, counts, the log, checks of
//! entries, and random programs with and without it. By values and reasons, never by time.

use ovenbird_tests::project::Project;
use ovenbird_tests::warm::{DEEP, HELPERS, edit, project, warm};

#[path = "cache/observe/commands.rs"]
mod commands;
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
#[path = "cache/observe/refused.rs"]
mod refused;
#[path = "cache/observe/surroundings.rs"]
mod surroundings;
#[path = "cache/observe/verify.rs"]
mod verify;
#[path = "cache/observe/why.rs"]
mod why;

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

/// The command line over the project's own cache: its secret is put where the command line looks.
fn cli(project: &Project, arguments: &[&str]) -> (String, i32) {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = project.path("../home/.config/ovenbird");
    std::fs::create_dir_all(&folder).expect("a folder");
    let secret = folder.join("secret");
    std::fs::write(&secret, ovenbird_tests::project::SECRET).expect("written");
    std::fs::set_permissions(&secret, std::fs::Permissions::from_mode(0o600)).expect("permissions");
    run(&mut command(project, arguments))
}
