//! The language and the library: every file of `tests/lang` and every program of `benches/programs` is a
//! module whose docstrings are doctests that CPython passes. Here the same examples run in the sandbox and
//! on the interpreter, before and after the passes, and must show the same.

use libtest_mimic::{Arguments, Trial};
use ovenbird_tests::executor::{Executor, check_file};
use ovenbird_tests::files::{find, root, shown};
use ovenbird_tests::project::grants;

fn main() {
    let arguments = Arguments::from_args();
    let mut trials = Vec::new();
    for folder in ["tests/lang", "benches/programs", "examples"] {
        for path in find(&root().join(folder), "py") {
            for executor in Executor::ALL {
                let name = format!("{} {}", shown(&path, &root()), executor.name());
                let path = path.clone();
                trials.push(Trial::test(name, move || {
                    let text = std::fs::read_to_string(&path)?;
                    let file = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
                    let directory = path.parent().unwrap_or(&path);
                    check_file(executor, &file, &text, &grants(directory)).map_err(Into::into)
                }));
            }
        }
    }
    libtest_mimic::run(&arguments, trials).exit();
}
