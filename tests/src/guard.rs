//! What a test says about its guard: "Without `name` in `file.rs`: what happens then" → whether there is such a file with
//! such a name in it. So a guard that is renamed or moved leaves a sentence that fails.

use std::path::PathBuf;

use crate::files;

/// Whether the sentence names a guard that is there: at least one name in backticks and, after it, a file, which is known by
/// its path or the end of it.
pub fn check(sentence: &str) -> Result<(), String> {
    if !sentence.to_lowercase().contains("without ") {
        return Err(format!("it does not say what happens without a guard: {sentence}"));
    }
    let spans = sentence.split('`').skip(1).step_by(2);
    let (mut names, mut found): (Vec<&str>, usize) = (Vec::new(), 0);
    for span in spans {
        if !is_file(span) {
            names.push(span);
            continue;
        }
        let texts = texts(span);
        if texts.is_empty() {
            return Err(format!("there is no file `{span}`: {sentence}"));
        }
        for name in names.drain(..) {
            if !texts.iter().any(|text| text.contains(name)) {
                return Err(format!("there is no `{name}` in `{span}`: {sentence}"));
            }
            found += 1;
        }
    }
    if found > 0 { Ok(()) } else { Err(format!("it names no guard and its file: {sentence}")) }
}

fn is_file(span: &str) -> bool {
    let end = span.rsplit('.').next().unwrap_or_default();
    ["rs", "toml", "py"].contains(&end) && !span.contains([' ', '(']) && !span.starts_with('.')
}

/// The texts of all files whose path ends so.
fn texts(end: &str) -> Vec<String> {
    let root = files::root();
    let extension = end.rsplit('.').next().unwrap_or_default();
    let folders = ["compiler", "host", "arrow", "guest-stdlib", "remote", "tests"];
    let mut paths: Vec<PathBuf> =
        folders.iter().flat_map(|folder| files::find(&root.join(folder), extension)).collect();
    paths.push(root.join(end));
    let fits = |path: &&PathBuf| path.ends_with(end);
    paths.iter().filter(fits).filter_map(|path| std::fs::read_to_string(path).ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::check;

    #[test]
    fn a_sentence_names_a_guard_and_its_file() {
        assert_eq!(
            check("Without `verify_metering` in `compiler/src/metering.rs`: a loop runs for ever."),
            Ok(())
        );
        assert_eq!(check("Without `unpaid_work` or `touching` in `metering.rs`: the same."), Ok(()));
        assert_eq!(check("Without `ignore = []` in `deny.toml`: anything."), Ok(()));
        for wrong in [
            "Fails without a guard.",
            "With `verify_metering` in `metering.rs`.",
            "Without `verify_nothing` in `metering.rs`: a loop runs for ever.",
            "Without `verify_metering` in `nowhere.rs`: a loop runs for ever.",
            "Without `verify_metering`: a loop runs for ever.",
        ] {
            assert!(check(wrong).is_err(), "{wrong}");
        }
    }
}
