//! What a run refuses for its compile budget, the commands that only look refuse as well, with the same words.

use ovenbird_tests::project::Project;

use crate::command;

/// One scalar more than a function may take; nothing before lowering minds.
fn too_many_values() -> String {
    let items = vec!["x"; 1_000].join(", ");
    format!(
        "import ovenbird\n\n\ndef g(t, n):\n    if n > 0:\n        return g(t, n - 1)\n    return t\n\n\n\
         @ovenbird.jit(cache=True)\ndef f(x):\n    return g(({items}), x)[999]\n\n\nprint(f(1))\n"
    )
}

#[test]
fn every_command_that_compiles_refuses_what_a_run_refuses() {
    let project = Project::new(&[("main.py", &too_many_values())]);
    let refused = |arguments: &[&str]| {
        let output = command(&project, arguments).output().expect("the command line can be started");
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert_eq!(String::from_utf8_lossy(&output.stdout), "", "{arguments:?}");
        String::from_utf8_lossy(&output.stderr).into_owned()
    };
    let run = refused(&["run", "main.py"]);
    assert!(run.contains("signature limit exceeded: used 1001, allowed 1000"), "{run}");
    assert!(run.contains("main.py:6"), "no place: {run}");
    let commands: [&[&str]; 10] = [
        &["dump", "main.py::f"],
        &["dump", "main.py::f", "--plain"],
        &["dump", "main.py::f", "--stage", "wat"],
        &["dump", "main.py::f", "--stage", "wat", "--plain"],
        &["dump", "main.py::f", "--stage", "asm"],
        &["cache", "why", "main.py"],
        &["cache", "why", "main.py::f"],
        &["cache", "verify", "main.py"],
        &["explain", "main.py"],
        &["explain", "main.py::f"],
    ];
    for arguments in commands {
        assert_eq!(refused(arguments), run, "{arguments:?}");
    }
}

#[test]
fn options_that_would_do_nothing_are_refused() {
    let project = Project::new(&[("main.py", "print(1)\n")]);
    let code = |arguments: &[&str]| {
        let output = command(&project, arguments).output().expect("the command line can be started");
        (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
    };
    let looking: [&[&str]; 6] = [
        &["check", "main.py"],
        &["explain", "main.py"],
        &["dump", "main.py"],
        &["build", "main.py", "-o", "main.oven"],
        &["cache", "why", "main.py"],
        &["cache", "verify", "main.py"],
    ];
    let limits: [&[&str]; 2] = [&["--time-limit", "1"], &["--memory-limit", "100"]];
    let caches: [&[&str]; 2] = [&["--no-cache"], &["--cache-dir", "elsewhere"]];
    let bench: &[&str] = &["bench", "main.py", "-n", "1"];
    let given = looking.iter().flat_map(|command| limits.map(|option| (*command, option)));
    for (command, option) in given.chain(caches.map(|option| (bench, option))) {
        let (ended, text) = code(&[command, option].concat());
        assert_eq!(ended, Some(2), "{command:?} {option:?}: {text}");
        assert!(text.contains(&format!("`{}`", option[0])), "{command:?} {option:?}: {text}");
    }
    for (command, option) in
        [(&["run", "main.py"][..], limits), (bench, limits)].map(|(c, l)| (c, l.concat()))
    {
        let (ended, text) = code(&[command, &option].concat());
        assert_eq!(ended, Some(0), "{command:?} {option:?}: {text}");
    }
}
