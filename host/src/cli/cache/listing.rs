//! `cache ls` and `cache stats`: what is in the cache, and what look-ups found.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::Value;

use super::{Plain, entries};
use crate::cache::log::{LevelSummary, Summary, summarise};
use crate::cache::{Cache, Listed, ListedScope};
use crate::cli::common::byte_text;
use crate::cli::findings::{age_text, short_key};
use crate::error::Error;

/// Arguments of `cache stats`.
#[derive(Args)]
#[command(after_long_help = "\
Entries are counted in the folder. Hits and misses are not kept there: a file of counts that all processes \
rewrite is either locked or wrong. Set OVENBIRD_CACHE_LOG to a file, and `--log` adds up what it has.")]
pub(super) struct Stats {
    /// Add up the look-ups in a file that OVENBIRD_CACHE_LOG named.
    #[arg(long, value_name = "FILE")]
    log: Option<PathBuf>,
    #[command(flatten)]
    pub(super) plain: Plain,
}

impl Stats {
    pub(super) fn show(&self) -> Result<(Value, String), Error> {
        match &self.log {
            Some(log) => {
                self.plain.opened()?;
                logged(log)
            }
            None => {
                let cache = self.plain.owned()?;
                let (mut value, mut text) = stats(&cache);
                if self.plain.scope.is_none() {
                    let list = cache.scopes();
                    text.push_str(&scopes(&list));
                    value["scopes"] = serde_json::json!(list);
                }
                Ok((value, text))
            }
        }
    }
}

/// What the look-ups in a log add up to.
fn logged(path: &Path) -> Result<(Value, String), Error> {
    let summary = summarise(path)
        .map_err(|error| Error::Io(format!("cannot read the log `{}`: {error}", path.display())))?;
    let Summary { lines, strange, processes, levels, not_stored, errors } = &summary;
    let mut text = format!("{lines} events of {processes} processes\n");
    for (level, LevelSummary { lookups, hits, misses, bypasses, outcomes }) in levels {
        let _ = writeln!(
            text,
            "{level:<7} {lookups} look-ups: {hits} hits, {misses} misses, {bypasses} bypasses"
        );
        for (outcome, count) in outcomes {
            let _ = writeln!(text, "    {outcome:<24} {count}");
        }
    }
    if *not_stored > 0 {
        let _ = writeln!(text, "{} not stored", entries(usize::try_from(*not_stored).unwrap_or(usize::MAX)));
    }
    for (error, count) in errors {
        let _ = writeln!(text, "    {error:<24} {count}");
    }
    if *strange > 0 {
        let _ = writeln!(text, "{strange} lines are not of a cache");
    }
    Ok((serde_json::json!(summary), text))
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

/// Its own folder, those that are only read, and what is left out.
pub(super) fn folders(cache: &Cache) -> (Value, String) {
    let (dir, further) = (cache.dir(), cache.further_folders());
    let left_out: Vec<&str> = cache.left_out().collect();
    let mut text = dir.map_or_else(String::new, |dir| format!("{}\n", dir.display()));
    for folder in further.iter().filter(|folder| folder.problem.is_none()) {
        let _ = writeln!(text, "also reads {}", folder.dir.display());
    }
    for why in &left_out {
        let _ = writeln!(text, "left out: {why}");
    }
    (serde_json::json!({"dir": dir, "read_also": further, "left_out": left_out}), text)
}

/// The entries of the folders that are only read.
pub(super) fn further(cache: &Cache) -> (Value, String) {
    let mut text = String::new();
    let mut folders = Vec::new();
    for (dir, list) in cache.list_further() {
        let _ = writeln!(text, "also reads {}, {}", dir.display(), entries(list.len()));
        if !list.is_empty() {
            text.push_str(&table(&list));
        }
        folders.push(serde_json::json!({"dir": dir, "entries": list}));
    }
    (Value::Array(folders), text)
}

/// The scopes, one a line.
pub(super) fn scopes(list: &[ListedScope]) -> String {
    let mut text = String::new();
    for ListedScope { id, entries: count, bytes, idle } in list {
        let used = idle.map_or_else(|| "empty".to_owned(), |idle| format!("used {}", age_text(idle)));
        let _ = writeln!(text, "scope {id}  {:>11} {:>10}   {used}", entries(*count), byte_text(*bytes));
    }
    if !list.is_empty() {
        text.push_str("(`--scope NAME` looks into one)\n");
    }
    text
}

pub(super) fn table(list: &[Listed]) -> String {
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
        let key = short_key(&entry.key);
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
