//! Rules about the source tree: small files that say what they are, one direction of imports, a pure
//! compiler, `unsafe` in few places, one test a diagnostic.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use ovenbird_compiler::diagnostic::Code;
use ovenbird_tests::files::{find, root, shown};

/// Most lines of a file.
const MAX_LINES: usize = 800;

fn rust_files() -> Vec<(PathBuf, String)> {
    let mut files = Vec::new();
    for folder in ["compiler", "guest-stdlib", "host", "remote", "arrow", "tests", "benches"] {
        files.extend(find(&root().join(folder), "rs"));
    }
    assert!(files.len() > 50, "the source tree is not where it is looked for");
    files
        .into_iter()
        .map(|path| {
            let text = read(&path);
            (path, text)
        })
        .collect()
}

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

/// Fails with all that is wrong.
#[track_caller]
fn none(problems: Vec<String>) {
    assert!(problems.is_empty(), "\n{}", problems.join("\n"));
}

/// The lines of a file that are neither comments nor in its tests at the end.
fn code(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let end = text.find("#[cfg(test)]\nmod tests {").unwrap_or(text.len());
    text[..end].lines().enumerate().filter(|(_, line)| !line.trim_start().starts_with("//"))
}

#[test]
fn files_are_short() {
    let long = rust_files().into_iter().filter(|(_, text)| text.lines().count() > MAX_LINES);
    none(
        long.map(|(path, text)| format!("{}: {} lines", shown(&path, &root()), text.lines().count()))
            .collect(),
    );
}

#[test]
fn files_say_what_they_are() {
    let silent = rust_files().into_iter().filter(|(_, text)| !text.starts_with("//!"));
    none(silent.map(|(path, _)| format!("{} does not begin with `//!`", shown(&path, &root()))).collect());
}

#[test]
fn library_files_say_what_they_are() {
    let silent = find(&root().join("guest-stdlib"), "py").into_iter().filter(|path| {
        let text = read(path);
        let first = text.lines().find(|line| !line.starts_with('#') && !line.is_empty()).unwrap_or_default();
        !(first.starts_with("\"\"\"") || first.starts_with("r\"\"\""))
    });
    none(silent.map(|path| format!("{} has no docstring", shown(&path, &root()))).collect());
}

#[test]
fn language_tests_say_what_they_test() {
    let folder = root().join("tests/lang");
    let silent = find(&folder, "py").into_iter().filter(|path| {
        let text = read(path);
        let first = text.lines().find(|line| !line.starts_with('#') && !line.is_empty()).unwrap_or_default();
        !(first.starts_with("\"\"\"") || first.starts_with("r\"\"\""))
    });
    none(silent.map(|path| format!("{} has no docstring", shown(&path, &root()))).collect());
}

#[test]
fn the_compiler_is_pure() {
    let banned = [
        "std::fs",
        "std::env",
        "std::time",
        "std::net",
        "std::process",
        "std::io",
        "println!",
        "SystemTime",
        "Instant::now",
    ];
    let mut problems = Vec::new();
    for path in find(&root().join("compiler/src"), "rs") {
        let text = read(&path);
        let tests = path.ends_with("tests.rs") || shown(&path, &root()).contains("/tests/");
        for (number, line) in code(&text).filter(|_| !tests) {
            for word in banned.iter().filter(|word| line.contains(**word)) {
                problems.push(format!("{}:{}: `{word}` in the compiler", shown(&path, &root()), number + 1));
            }
        }
    }
    none(problems);
}

/// The stages in order, with the nouns that each may know. `source`, `diagnostic`, the budget, `types`, `ir` and
/// `abi` are vocabulary; a stage never imports a later one.
const STAGES: [(&str, &[&str]); 9] = [
    ("parse", &["ast"]),
    ("resolve", &["ast", "parse", "resolved", "schema"]),
    ("infer", &["ast", "border", "parse", "resolve", "resolved", "schema", "typed"]),
    ("lower", &["typed"]),
    ("optimise", &[]),
    ("encode", &["artifact", "metering"]),
    ("metering", &["artifact"]),
    ("render", &[]),
    ("artifact", &[]),
];
const VOCABULARY: [&str; 8] = ["source", "diagnostic", "budget", "guard", "types", "ir", "abi", "ice"];

#[test]
fn stages_import_in_one_direction() {
    let compiler = root().join("compiler/src");
    let mut problems = Vec::new();
    for (stage, nouns) in STAGES {
        let mut files = vec![compiler.join(format!("{stage}.rs"))];
        files.extend(find(&compiler.join(stage), "rs"));
        for path in files
            .iter()
            .filter(|path| !path.ends_with("tests.rs") && !shown(path, &compiler).contains("/tests/"))
        {
            let text = read(path);
            for (number, line) in code(&text) {
                let mut rest = line;
                while let Some(at) = rest.find("crate::") {
                    rest = &rest[at + 7..];
                    let end = rest.find(|c: char| !c.is_ascii_lowercase() && c != '_').unwrap_or(rest.len());
                    let module = &rest[..end];
                    let fine = module.is_empty()
                        || module == stage
                        || VOCABULARY.contains(&module)
                        || nouns.contains(&module);
                    if !fine {
                        problems.push(format!(
                            "{}:{}: `{stage}` imports `{module}`",
                            shown(path, &root()),
                            number + 1
                        ));
                    }
                }
            }
        }
    }
    none(problems);
}

#[test]
fn the_compiler_does_not_know_the_host() {
    let manifest = read(&root().join("compiler/Cargo.toml"));
    let dependencies = manifest.split("[dev-dependencies]").next().unwrap_or_default();
    for banned in ["wasmtime", "cap-std", "parquet", "ovenbird-stdlib"] {
        assert!(!dependencies.contains(banned), "the compiler depends on {banned}");
    }
}

#[test]
fn unsafe_is_in_few_places() {
    let allowed = [
        "host/src/native.rs",
        "host/src/worker/linux/confine.rs",
        "host/src/worker/linux/tests.rs",
        "host/src/native/make.rs",
        "host/src/watchdog.rs",
        "host/src/cache/fs/bytes.rs",
        "host/src/process.rs",
        "host/src/stack.rs",
        "host/src/run.rs",
    ];
    let mut problems = Vec::new();
    for (path, text) in rust_files() {
        let name = shown(&path, &root());
        for (number, line) in code(&text) {
            let block = ["unsafe {", "unsafe fn", "unsafe impl"]
                .iter()
                .any(|word| line.contains(word) && !line.contains('"'));
            if block && !allowed.contains(&name.as_str()) {
                problems.push(format!("{name}:{}: unsafe", number + 1));
            }
        }
    }
    none(problems);
}

#[test]
fn nothing_is_left_to_do() {
    let words = ["todo!(", "unimplemented!(", "dbg!("];
    let mut problems = Vec::new();
    for (path, text) in rust_files().into_iter().filter(|(path, _)| !path.ends_with("tidy.rs")) {
        for (number, line) in text.lines().enumerate() {
            if words.iter().any(|word| line.contains(word)) {
                problems.push(format!("{}:{}: {}", shown(&path, &root()), number + 1, line.trim()));
            }
        }
    }
    none(problems);
}

#[test]
fn every_diagnostic_has_a_test() {
    let stems: BTreeSet<String> = find(&root().join("tests/ui"), "py")
        .iter()
        .map(|path| path.file_stem().unwrap_or_default().to_string_lossy().into_owned())
        .collect();
    let missing = Code::ALL.iter().filter(|code| !stems.contains(code.as_str()));
    none(missing.map(|code| format!("tests/ui has no {}.py", code.as_str())).collect());
    for path in find(&root().join("tests/ui"), "stderr") {
        assert!(path.with_extension("py").exists(), "{} belongs to nothing", path.display());
    }
}

#[test]
fn every_pass_has_a_test() {
    let passes = read(&root().join("compiler/src/optimise.rs"));
    for pass in ["inline", "fold", "copy", "dce", "licm", "bounds", "vectorise", "refcount"] {
        assert!(passes.contains(&format!("mod {pass};")), "{pass} is no pass");
        assert!(!find(&root().join("tests/ir").join(pass), "py").is_empty(), "tests/ir/{pass} is empty");
    }
}

#[test]
fn documents_name_files_that_exist() {
    let mut problems = Vec::new();
    for document in ["ARCHITECTURE.md", "README.md", "SECURITY.md"] {
        let text = read(&root().join(document));
        for piece in text.split('`').skip(1).step_by(2) {
            let path = piece.split(':').next().unwrap_or(piece);
            let tops = ["compiler/", "host/", "guest-stdlib/", "tests/", "benches/", "docs/", "examples/"];
            let plain = path.chars().all(|c| c.is_ascii_alphanumeric() || "/._-".contains(c));
            if plain && tops.iter().any(|top| path.starts_with(top)) && !root().join(path).exists() {
                problems.push(format!("{document} names `{path}`, which is not there"));
            }
        }
    }
    none(problems);
}

#[test]
fn the_architecture_fits_on_a_few_pages() {
    let lines = read(&root().join("ARCHITECTURE.md")).lines().count();
    assert!(lines <= 250, "{lines} lines");
}
