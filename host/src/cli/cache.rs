//! `cache`: where the cache is, what is in it, and how to make it smaller.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::process::ExitCode;
use std::time::Duration;

use clap::{Args, Subcommand};

use super::common::{byte_text, print};
use super::transfer::{Export, Import};
use crate::cache::{Cache, CacheOptions, Listed, MAX_AGE, MAX_BYTES};
use crate::error::Error;

/// Arguments of `cache`.
#[derive(Args)]
#[command(after_long_help = "\
The folder is OVENBIRD_CACHE_DIR, else $XDG_CACHE_HOME/ovenbird, else ~/.cache/ovenbird. OVENBIRD_CACHE is \
off, ro, rw (the default) or verify. OVENBIRD_DEBUG_CACHE=1 tells on standard error what is loaded, saved and \
missed, and why.")]
pub(super) struct CacheArguments {
    #[command(subcommand)]
    action: Action,
}

#[derive(Subcommand)]
enum Action {
    /// Print the folder.
    Dir(Plain),
    /// Count entries and bytes.
    Stats(Plain),
    /// List the entries, each verified.
    Ls(Plain),
    /// Remove all entries.
    Clear(Plain),
    /// Remove entries that were not used for long, then the least recently used ones.
    Trim(Trim),
    /// Write all entries into a signed bundle, for another machine.
    Export(Export),
    /// Take the entries of a bundle in.
    Import(Import),
}

#[derive(Args, Clone, Copy)]
struct Plain {
    /// Machine-readable output.
    #[arg(long)]
    json: bool,
}

#[derive(Args)]
struct Trim {
    /// Keep at most this many MiB.
    #[arg(long, value_name = "MIB", default_value_t = MAX_BYTES >> 20)]
    max_size: u64,
    /// Keep nothing that was not used for this many days.
    #[arg(long, value_name = "DAYS", default_value_t = MAX_AGE.as_secs() / 86_400)]
    max_age: u64,
    #[command(flatten)]
    plain: Plain,
}

impl CacheArguments {
    pub(super) fn json(&self) -> bool {
        match &self.action {
            Action::Dir(plain) | Action::Stats(plain) | Action::Ls(plain) | Action::Clear(plain) => {
                plain.json
            }
            Action::Trim(trim) => trim.plain.json,
            Action::Export(export) => export.json,
            Action::Import(import) => import.json,
        }
    }

    pub(super) fn execute(self) -> Result<ExitCode, Error> {
        let json = self.json();
        let cache = Cache::open(CacheOptions::from_environment());
        let Some(dir) = cache.dir() else {
            let why = cache.problem().unwrap_or("OVENBIRD_CACHE turns it off");
            return Err(Error::Io(format!("the cache is off: {why}")));
        };
        let (value, text) = match self.action {
            Action::Dir(_) => (serde_json::json!({"dir": dir}), format!("{}\n", dir.display())),
            Action::Stats(_) => stats(&cache),
            Action::Ls(_) => {
                let list = cache.list();
                (serde_json::json!(list), table(&list))
            }
            Action::Clear(_) => {
                let removed = cache.clear();
                (serde_json::json!({"removed": removed}), format!("removed {}\n", entries(removed)))
            }
            Action::Export(export) => export.execute(&cache)?,
            Action::Import(import) => import.execute(&cache)?,
            Action::Trim(trim) => {
                let age = Duration::from_secs(trim.max_age.saturating_mul(86_400));
                let (removed, left) = cache.trim(trim.max_size.saturating_mul(1 << 20), age);
                let value = serde_json::json!({"removed": removed, "bytes_left": left});
                (value, format!("removed {}, {} left\n", entries(removed), byte_text(left)))
            }
        };
        print(&if json { format!("{value}\n") } else { text })?;
        Ok(ExitCode::SUCCESS)
    }
}

fn entries(count: usize) -> String {
    if count == 1 { "1 entry".to_owned() } else { format!("{count} entries") }
}

/// Entries and bytes by level, and the state of the entries.
fn stats(cache: &Cache) -> (serde_json::Value, String) {
    let list = cache.list();
    let mut levels: BTreeMap<String, (usize, u64, u64)> = BTreeMap::new();
    for name in ["native", "wasm"] {
        levels.insert(name.to_owned(), (0, 0, 0));
    }
    for entry in &list {
        let level = levels.entry(entry.kind.to_string()).or_default();
        level.0 += 1;
        level.1 += entry.size;
        level.2 += entry.made_in_us.unwrap_or(0);
    }
    let bytes: u64 = list.iter().map(|entry| entry.size).sum();
    let invalid = list.iter().filter(|entry| entry.verified.is_err()).count();
    let ages = list.iter().filter_map(|entry| entry.age);
    let (oldest, newest) = (ages.clone().max(), ages.min());
    let dir = cache.dir().map(|dir| dir.display().to_string()).unwrap_or_default();
    let mut text = format!("{dir}\n{}, {}\n", entries(list.len()), byte_text(bytes));
    let mut by_level = serde_json::Map::new();
    for (name, (count, bytes, made_in)) in &levels {
        let made = *made_in as f64 / 1e3;
        let _ = writeln!(
            text,
            "  {name:<7} {:>11} {:>10}   made in {made:.1} ms",
            entries(*count),
            byte_text(*bytes)
        );
        let value = serde_json::json!({"entries": count, "bytes": bytes, "made_in_us": made_in});
        by_level.insert(name.clone(), value);
    }
    if invalid > 0 {
        let _ = writeln!(text, "{} not valid (`ovenbird cache ls` says why)", entries(invalid));
    }
    if let (Some(oldest), Some(newest)) = (oldest, newest) {
        let _ = writeln!(text, "oldest {}, newest {}", age_text(oldest), age_text(newest));
    }
    let value = serde_json::json!({
        "dir": dir, "entries": list.len(), "bytes": bytes, "invalid": invalid, "levels": by_level,
        "oldest_s": oldest, "newest_s": newest,
    });
    (value, text)
}

fn table(list: &[Listed]) -> String {
    let mut text = String::new();
    if list.is_empty() {
        return "the cache is empty\n".to_owned();
    }
    let _ = writeln!(
        text,
        "{:<7} {:<12} {:>10} {:>9} {:>10}  FUNCTION",
        "LEVEL", "KEY", "SIZE", "AGE", "MADE IN"
    );
    for entry in list {
        let key = entry.key.get(..12).unwrap_or(&entry.key);
        let age = entry.age.map_or_else(|| "-".to_owned(), age_text);
        let made = entry.made_in_us.map_or_else(|| "-".to_owned(), |us| format!("{:.1} ms", us as f64 / 1e3));
        let label = match &entry.verified {
            Ok(()) => {
                let types: Vec<&str> = entry
                    .inputs
                    .iter()
                    .filter(|(name, _)| name.starts_with("argument"))
                    .map(|(_, value)| &**value)
                    .collect();
                if types.is_empty() {
                    entry.label.clone()
                } else {
                    format!("{}({})", entry.label, types.join(", "))
                }
            }
            Err(reason) => format!("[{reason}] {}", entry.path.display()),
        };
        let kind = entry.kind.to_string();
        let size = byte_text(entry.size);
        let _ = writeln!(text, "{kind:<7} {key:<12} {size:>10} {age:>9} {made:>10}  {label}");
    }
    text
}

fn age_text(seconds: u64) -> String {
    match seconds {
        0..60 => format!("{seconds} s ago"),
        60..3600 => format!("{} min ago", seconds / 60),
        3600..86_400 => format!("{} h ago", seconds / 3600),
        _ => format!("{} d ago", seconds / 86_400),
    }
}
