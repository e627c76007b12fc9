//! How findings of the cache look: for people, and as data. Shared by `explain`, `cache why` and `cache verify`.

use std::fmt::Write as _;

use serde_json::{Value, json};

use crate::cache::MissReason;
use crate::cache::explain::Change;
use crate::cache::why::Finding;
use crate::why::UnitWhy;

/// Digits of a key that people are shown.
const KEY_DIGITS: usize = 12;
/// Longest value that people are shown.
const MAX_VALUE: usize = 60;

/// The first digits of a key.
pub(super) fn short_key(key: &str) -> &str {
    key.get(..KEY_DIGITS).unwrap_or(key)
}

/// All levels of a unit as lines.
pub(super) fn describe_levels(why: &UnitWhy, text: &mut String) {
    for (name, finding) in [("wasm", &why.wasm), ("native", &why.native)] {
        if let Some(finding) = finding {
            describe(name, finding, text);
        }
    }
}

/// What the direct path has, in words: the program's text as it is run, or one function asked for by itself.
pub(super) fn direct_state(finding: &Finding) -> String {
    match &finding.reason {
        None => "hit: a run does not look into the text".to_owned(),
        Some(MissReason::Cold) => "miss: it has not been asked for like this before".to_owned(),
        Some(MissReason::SourceChanged) => "miss: what it imports or reads changed".to_owned(),
        Some(other) => format!("miss: {other}"),
    }
}

/// The direct path of a whole program as lines.
pub(super) fn describe_direct(finding: &Finding, text: &mut String) {
    let _ = writeln!(text, "text of the program: {}", direct_state(finding));
    describe_changes(finding, text);
}

/// The direct path of one function as lines.
pub(super) fn describe_call(finding: &Finding, text: &mut String) {
    let _ = writeln!(text, "    {:<8} {}", "by text", direct_state(finding));
    describe_changes(finding, text);
}

/// One level as lines: the state, then every changed input, the cause first.
fn describe(name: &str, finding: &Finding, text: &mut String) {
    let key = short_key(&finding.key);
    let Some(reason) = &finding.reason else {
        let _ = writeln!(text, "    {name:<8} hit   {key}");
        return;
    };
    let _ = writeln!(text, "    {name:<8} miss  {key}: {reason}");
    if let Some(nearest) = &finding.nearest {
        let age = age_text(nearest.age);
        let _ = writeln!(text, "        compared with {}, stored {age}:", short_key(&nearest.key));
    }
    describe_changes(finding, text);
}

/// The changed inputs as lines, the cause first.
pub(super) fn describe_changes(finding: &Finding, text: &mut String) {
    // The whole program changes with anything in it.
    let is_news = |change: &&Change| change.cause || change.kind != "program";
    let causes = finding.changes.iter().filter(|change| change.cause);
    for change in causes.chain(finding.changes.iter().filter(is_news).filter(|change| !change.cause)) {
        let mark = if change.cause { "->" } else { "  " };
        let (old, new) = (value(change.old.as_deref()), value(change.new.as_deref()));
        let _ = writeln!(text, "        {mark} {}: {old} -> {new}", name_of(change));
    }
}

/// `global main.K`, and not `argument argument 0`.
fn name_of(change: &Change) -> String {
    if change.name.starts_with(change.kind) {
        return change.name.clone();
    }
    format!("{} {}", change.kind, change.name)
}

/// One level as data.
pub(super) fn to_json(finding: &Finding) -> Value {
    let change = |change: &Change| json!(change);
    json!({
        "state": if finding.reason.is_none() { "hit" } else { "miss" },
        "key": finding.key,
        "reason_id": finding.reason.as_ref().map(MissReason::id),
        "reason": finding.reason.as_ref().map(ToString::to_string),
        "compared_with": finding.nearest,
        "changes": finding.changes.iter().map(change).collect::<Vec<_>>(),
    })
}

fn value(value: Option<&str>) -> String {
    let Some(value) = value else { return "absent".to_owned() };
    match value.char_indices().nth(MAX_VALUE) {
        Some((end, _)) => format!("{}…", &value[..end]),
        None => value.to_owned(),
    }
}

/// `5 min ago`.
pub(super) fn age_text(seconds: u64) -> String {
    match seconds {
        0..60 => format!("{seconds} s ago"),
        60..3600 => format!("{} min ago", seconds / 60),
        3600..86_400 => format!("{} h ago", seconds / 3600),
        _ => format!("{} d ago", seconds / 86_400),
    }
}
