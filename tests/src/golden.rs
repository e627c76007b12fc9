//! Expected texts beside their inputs: compared, or written with `BLESS=1`.

use std::path::Path;

use similar::TextDiff;

/// Whether expectations are to be rewritten.
pub fn blessing() -> bool {
    std::env::var_os("BLESS").is_some_and(|value| value == "1")
}

/// Compares a text with what a file holds, or writes it there.
pub fn check(file: &Path, got: &str) -> Result<(), String> {
    if blessing() {
        return std::fs::write(file, got).map_err(|e| format!("cannot write {}: {e}", file.display()));
    }
    let wanted = std::fs::read_to_string(file)
        .map_err(|e| format!("cannot read {}: {e}; BLESS=1 writes it", file.display()))?;
    same(&wanted, got)
}

/// Fails with a diff if the texts differ.
pub fn same(wanted: &str, got: &str) -> Result<(), String> {
    if wanted == got {
        return Ok(());
    }
    let diff = TextDiff::from_lines(wanted, got);
    Err(format!("{}", diff.unified_diff().context_radius(3).header("expected", "got")))
}
