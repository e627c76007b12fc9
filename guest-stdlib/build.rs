//! Collects the library's `.py` files into one sorted Rust table, so that adding a file is the whole
//! registration.
//!
//! Input: the folders beside this script. Output: `modules.rs` in `OUT_DIR` with `MODULES` (path, text)
//! and `FINGERPRINT`, the digest of all paths and texts, which is part of every cache key.

use std::fmt::Write as _;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

fn main() -> io::Result<()> {
    let root = PathBuf::from(variable("CARGO_MANIFEST_DIR")?);
    // Cargo looks at everything below a folder, so new and removed files count as changes, too.
    println!("cargo::rerun-if-changed={}", root.display());
    let mut modules = Vec::new();
    collect(&root, "", &mut modules)?;
    modules.sort();
    let code = generate(&root, &modules)?;
    fs::write(Path::new(&variable("OUT_DIR")?).join("modules.rs"), code)
}

fn variable(name: &str) -> io::Result<String> {
    std::env::var(name).map_err(|error| io::Error::other(format!("{name}: {error}")))
}

/// Appends the module paths (`math/exp`) found under `folder`; `prefix` is its path with a final `/`.
fn collect(folder: &Path, prefix: &str, modules: &mut Vec<String>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name().into_string().map_err(|name| {
            io::Error::other(format!("the file name {} is not UTF-8", name.to_string_lossy()))
        })?;
        if entry.file_type()?.is_dir() {
            let is_code =
                !matches!(name.as_str(), "src" | "target" | "__pycache__") && !name.starts_with('.');
            if is_code {
                collect(&entry.path(), &format!("{prefix}{name}/"), modules)?;
            }
        } else if let Some(stem) = name.strip_suffix(".py") {
            modules.push(format!("{prefix}{stem}"));
        }
    }
    Ok(())
}

/// The generated file. Lengths go into the digest so that no two libraries share a digest by moving
/// text between neighbours.
fn generate(root: &Path, modules: &[String]) -> io::Result<String> {
    let mut digest = blake3::Hasher::new();
    let mut rows = String::new();
    for path in modules {
        let text = fs::read(root.join(format!("{path}.py")))?;
        for part in [path.as_bytes(), &text] {
            digest.update(&(part.len() as u64).to_le_bytes());
            digest.update(part);
        }
        let include = format!("include_str!(concat!(env!(\"CARGO_MANIFEST_DIR\"), \"/{path}.py\"))");
        writeln!(rows, "    (\"{path}\", {include}),").map_err(io::Error::other)?;
    }
    let fingerprint = digest.finalize().to_hex();
    Ok(format!(
        "/// Every library module as (path, text), sorted by path.\n\
         pub static MODULES: &[(&str, &str)] = &[\n{rows}];\n\
         /// Digest over all paths and texts, as hexadecimal.\n\
         pub const FINGERPRINT: &str = \"{fingerprint}\";\n"
    ))
}
