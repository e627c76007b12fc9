//! Rules about the source tree itself, so that it stays liveable.

use std::path::Path;

use ovenbird_compiler::diagnostic::Code;
use ovenbird_tests::files::{find, root, shown};

fn rust_files() -> Vec<(String, String)> {
    let mut all = Vec::new();
    for folder in ["compiler", "host", "guest-stdlib", "tests", "benches"] {
        for path in find(&root().join(folder), "rs") {
            let text = std::fs::read_to_string(&path).expect("a source file is text");
            all.push((shown(&path, &root()), text));
        }
    }
    all
}

fn complain(problems: &[String]) {
    assert!(problems.is_empty(), "\n{}", problems.join("\n"));
}

#[test]
fn files_are_short_enough_to_read() {
    let long = rust_files().into_iter().filter(|(_, text)| text.lines().count() > 900);
    complain(&long.map(|(name, text)| format!("{name}: {} lines", text.lines().count())).collect::<Vec<_>>());
}

#[test]
fn every_file_says_what_it_is() {
    let silent = rust_files().into_iter().filter(|(_, text)| !text.starts_with("//!"));
    complain(&silent.map(|(name, _)| name).collect::<Vec<_>>());
    let library = find(&root().join("guest-stdlib"), "py").into_iter().filter(|path| {
        let text = std::fs::read_to_string(path).expect("a source file is text");
        !text.contains("\"\"\"")
    });
    complain(&library.map(|path| shown(&path, &root())).collect::<Vec<_>>());
}

#[test]
fn the_compiler_is_pure() {
    let banned = ["std::fs", "std::env", "std::net", "std::time", "std::process", "std::thread", "rand::"];
    let mut problems = Vec::new();
    for (name, text) in rust_files() {
        if !name.starts_with("compiler/src/") || name.contains("tests") {
            continue;
        }
        let code = text.split("#[cfg(test)]").next().unwrap_or("");
        for word in banned {
            if code.contains(word) {
                problems.push(format!("{name} uses {word}"));
            }
        }
    }
    complain(&problems);
}

#[test]
fn stages_import_in_one_direction() {
    let order = ["parse", "resolve", "infer", "lower", "optimise", "encode"];
    let mut problems = Vec::new();
    for (name, text) in rust_files() {
        let Some(rest) = name.strip_prefix("compiler/src/") else { continue };
        let stage = rest.split(['/', '.']).next().unwrap_or("");
        let Some(at) = order.iter().position(|s| *s == stage) else { continue };
        for later in &order[at + 1..] {
            if text.contains(&format!("use crate::{later}")) {
                problems.push(format!("{name} imports the later stage `{later}`"));
            }
        }
    }
    complain(&problems);
}

#[test]
fn unsafe_code_is_where_it_is_reviewed() {
    let allowed = ["host/src/native.rs", "host/src/watchdog.rs", "host/src/run.rs"];
    let found = rust_files().into_iter().filter(|(name, text)| {
        let marker = concat!("un", "safe {");
        text.contains(marker) && !allowed.contains(&name.as_str())
    });
    complain(&found.map(|(name, _)| name).collect::<Vec<_>>());
}

#[test]
fn every_diagnostic_code_has_a_ui_test() {
    let missing = Code::ALL.iter().filter(|code| !root().join(format!("tests/ui/{}.py", code.as_str())).exists());
    complain(&missing.map(|code| format!("no tests/ui/{}.py", code.as_str())).collect::<Vec<_>>());
}

#[test]
fn every_pass_has_a_golden() {
    let text = std::fs::read_to_string(root().join("compiler/src/optimise.rs")).expect("the pass list");
    for pass in ["inline", "fold", "copy", "dce", "licm", "bounds", "vectorise", "refcount"] {
        assert!(text.contains(&format!("mod {pass};")), "{pass} is no pass");
        assert!(Path::new(&root().join("tests/ir").join(pass)).is_dir(), "no tests/ir/{pass}");
    }
}

#[test]
fn the_architecture_names_files_that_exist() {
    let text = std::fs::read_to_string(root().join("ARCHITECTURE.md")).expect("the architecture page");
    let named = text.split('`').filter(|word| {
        let source = word.ends_with(".rs") || word.ends_with(".md") || word.ends_with('/');
        source && word.contains('/') && !word.contains(['*', ' ', '<'])
    });
    let missing = named.filter(|word| !root().join(word).exists());
    complain(&missing.map(str::to_owned).collect::<Vec<_>>());
}
