//! `cache inspect`: everything that an entry says about itself.

use std::fmt::Write as _;
use std::process::ExitCode;

use clap::Args;
use serde_json::{Value, json};

use super::Plain;
use crate::cache::explain::kind_name;
use crate::cache::inspect::{Content, Inspected};
use crate::cache::key::{FieldKind, hex};
use crate::cli::common::{byte_text, print};
use crate::cli::findings::{age_text, short_key};
use crate::error::Error;

/// Arguments of `cache inspect`.
#[derive(Args)]
pub(super) struct Inspect {
    /// The entry's file, or four or more digits of its key (`cache ls` shows them).
    #[arg(value_name = "ENTRY|KEY")]
    entry: String,
    #[command(flatten)]
    plain: Plain,
}

impl Inspect {
    pub(super) fn json(&self) -> bool {
        self.plain.json
    }

    pub(super) fn execute(self) -> Result<ExitCode, Error> {
        let cache = self.plain.looked_into()?;
        // A file of the cache is named by its key.
        let name = self.entry.rsplit('/').next().unwrap_or_default();
        let digits = name.split_once('.').map_or(name, |(digits, _)| digits);
        let entry = cache.inspect(digits).map_err(Error::Io)?;
        print(&if self.plain.json { format!("{}\n", to_json(&entry)) } else { text(&entry) })?;
        Ok(if entry.listed.verified.is_ok() { ExitCode::SUCCESS } else { ExitCode::from(1) })
    }
}

fn text(entry: &Inspected) -> String {
    let Inspected { listed, payload_bytes, trailer, signers, content } = entry;
    let mut text = String::new();
    let mut line = |name: &str, value: &str| {
        let _ = writeln!(text, "{name:<10} {value}");
    };
    line("file", &listed.path.display().to_string());
    line("key", &listed.key);
    line("kind", &listed.kind.to_string());
    match &listed.verified {
        Ok(()) => line("valid", "yes: the authentication code fits these bytes and this key"),
        Err(reason) => line("valid", &format!("NO: {reason}; nothing else in it is looked at")),
    }
    line("size", &format!("{} (payload {})", byte_text(listed.size), byte_text(*payload_bytes as u64)));
    if let Some(trailer) = trailer {
        line("label", &trailer.label);
        line("producer", &format!("ovenbird {}", trailer.producer));
        let age = listed.age.map_or_else(String::new, |age| format!(", {}", age_text(age)));
        line("stored", &format!("{}{age}", date(trailer.created)));
        line("made in", &format!("{:.1} ms", trailer.made_in_us as f64 / 1e3));
    }
    for signer in signers {
        line("signed by", &signer.to_string());
    }
    if let Some(content) = content {
        describe(content, &mut line);
    }
    if let Some(trailer) = trailer {
        let _ = writeln!(text, "recipe");
        for field in trailer.fields.iter().filter(|field| field.kind != FieldKind::Cpu) {
            let kind = kind_name(field.kind);
            let digest = hex(&field.digest);
            let _ =
                writeln!(text, "  {kind:<9} {:<24} {:<30} {}", field.name, field.value, short_key(&digest));
        }
        let features = |wanted: &str| -> Vec<&str> {
            let cpu = trailer.fields.iter().filter(|field| field.kind == FieldKind::Cpu);
            cpu.filter(|field| field.value == wanted).map(|field| field.name.as_str()).collect()
        };
        let (used, absent) = (features("yes"), features("no"));
        if !used.is_empty() || !absent.is_empty() {
            let _ = writeln!(text, "  cpu has   {}", used.join(" "));
            let _ = writeln!(text, "  cpu lacks {}", absent.join(" "));
        }
    }
    text
}

/// Seconds since 1970 as `2026-11-24 15:21:38 UTC` (days to a date by H. Hinnant's algorithm).
fn date(seconds: u64) -> String {
    let (days, second) = (seconds / 86_400, seconds % 86_400);
    // Counted from 1 March of year 0, so that the day that comes and goes is a year's last.
    let days = days.saturating_add(719_468);
    let (era, day) = (days / 146_097, days % 146_097);
    let year = (day - day / 1460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let day = day - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    let year = era * 400 + year + u64::from(month <= 2);
    let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
    format!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02} UTC")
}

fn describe(content: &Content, line: &mut impl FnMut(&str, &str)) {
    match content {
        Content::Artifact { wasm_bytes, functions, exports, imports, units, data_bytes, traps } => {
            let (wasm, data) = (byte_text(*wasm_bytes as u64), byte_text(u64::from(*data_bytes)));
            line("wasm", &format!("{wasm}, {data} of static data, {traps} places that can raise or stop"));
            line("functions", &functions.join(", "));
            line("exports", &exports.join(", "));
            line("imports", &imports.join(", "));
            if !units.is_empty() {
                line("units", &units.join(", "));
            }
        }
        Content::Native { machine, sections } => {
            line("machine", machine);
            let sections: Vec<String> =
                sections.iter().map(|(name, size)| format!("{name} {}", byte_text(*size))).collect();
            line("sections", &sections.join(", "));
        }
        Content::Probe => line("content", "what the text of a program gave for a request"),
        Content::Diagnostics => line("content", "what is wrong with the text of a program"),
        Content::Other { why } => line("content", why),
    }
}

fn to_json(entry: &Inspected) -> Value {
    let Inspected { listed, payload_bytes, trailer, signers, content } = entry;
    let fields: Vec<Value> = trailer
        .iter()
        .flat_map(|trailer| &trailer.fields)
        .map(|field| {
            json!({
                "kind": kind_name(field.kind), "name": field.name, "value": field.value,
                "digest": hex(&field.digest),
            })
        })
        .collect();
    json!({
        "path": listed.path,
        "key": listed.key,
        "kind": listed.kind.to_string(),
        "valid": listed.verified.is_ok(),
        "problem": listed.verified.as_ref().err().map(ToString::to_string),
        "bytes": listed.size,
        "payload_bytes": payload_bytes,
        "label": trailer.as_ref().map(|trailer| &trailer.label),
        "producer": trailer.as_ref().map(|trailer| &trailer.producer),
        "created": trailer.as_ref().map(|trailer| trailer.created),
        "made_in_us": trailer.as_ref().map(|trailer| trailer.made_in_us),
        "signed_by": signers.iter().map(ToString::to_string).collect::<Vec<_>>(),
        "content": content,
        "recipe": fields,
    })
}

#[cfg(test)]
mod tests {
    use super::date;

    #[test]
    fn dates() {
        assert_eq!(date(0), "1970-01-01 00:00:00 UTC");
        assert_eq!(date(951_782_400), "2000-02-29 00:00:00 UTC");
        assert_eq!(date(1_795_533_698), "2026-11-24 15:21:38 UTC");
        assert!(date(u64::MAX).ends_with("UTC"));
    }
}
