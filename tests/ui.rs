//! Diagnostics as people see them: `ui/<code>.py`, or `ui/<code>_<what>.py` for further cases of the same
//! code, and the text beside it. Each is checked as
//! `ovenbird check` does it, with its own folder granted.

use libtest_mimic::{Arguments, Trial};
use ovenbird::{Engine, Error, Source};
use ovenbird_compiler::infer::Request;
use ovenbird_tests::files::{find, root, shown};
use ovenbird_tests::golden;
use ovenbird_tests::project::grants;

fn main() {
    let arguments = Arguments::from_args();
    let folder = root().join("tests/ui");
    let trials = find(&folder, "py").into_iter().map(|path| {
        let folder = folder.clone();
        Trial::test(shown(&path, &folder), move || {
            let stem = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
            let code = stem.split('_').next().unwrap_or(&stem);
            let text = std::fs::read_to_string(&path)?;
            let got = rendered(&shown(&path, &folder), &text, &folder)?;
            if !got.contains(&format!("error[{code}]")) {
                return Err(format!("no `{code}` in:\n{got}").into());
            }
            golden::check(&path.with_extension("stderr"), &got).map_err(Into::into)
        })
    });
    libtest_mimic::run(&arguments, trials.collect()).exit();
}

/// The diagnostics of a program, as a terminal without colour shows them.
fn rendered(name: &str, text: &str, folder: &std::path::Path) -> Result<String, String> {
    let engine = Engine::builder().build().map_err(|e| e.to_string())?;
    let source = Source::new(name, text).grants(grants(folder));
    let result = engine.compile(&source).and_then(|program| program.check(Request::Check).map(|_| ()));
    match result {
        Err(Error::Compile(error)) => Ok(error.render(false)),
        Err(other) => Err(format!("another error: {other}")),
        Ok(()) => Err("no diagnostics".to_owned()),
    }
}
