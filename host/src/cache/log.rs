//! The event log: what the cache did → one line of JSON each, appended to a file that the user named.
//!
//! A line is one `write` to a file opened for appending, so lines of many processes do not mix, and a process
//! that is killed leaves at most its last line short. The file must be regular, this user's own and not
//! writable by others, and is not opened through a link: the name comes from the environment, and what is
//! written has text of the program in it. An error is told once on standard error, since whoever named a
//! file wants to know, and changes nothing else.
//!
//! Also the reader: [`summarise`] adds up the outcomes in a log, which is how counts over many processes are
//! had without a file that they all rewrite.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use rustix::fs::{CWD, FileType, Mode, OFlags};
use rustix::io::Errno;
use serde::Serialize;
use serde_json::{Map, Value, json};

use crate::cache::counters::Outcome;
use crate::cache::entry::Kind;
use crate::cache::fs;
use crate::cache::location::Lookup;
use crate::cache::report::{Cost, Event, MissReason};

/// Longest text of one value in a line.
const MAX_VALUE: usize = 1024;
/// Longest line that is read back.
const MAX_LINE: u64 = 64 << 10;

/// The file that `OVENBIRD_CACHE_LOG` names.
pub(crate) fn file(env: Lookup<'_>) -> Option<PathBuf> {
    env("OVENBIRD_CACHE_LOG").filter(|value| !value.is_empty()).map(PathBuf::from)
}

/// An open log, or one that could not be opened and was told of.
pub(crate) struct Log {
    path: PathBuf,
    file: Option<File>,
    told: AtomicBool,
}

impl Log {
    /// Opens the file, and makes it with mode 0600 if it is missing.
    pub(crate) fn open(path: &Path) -> Self {
        let opened = open(path);
        let log = Log { path: path.to_owned(), file: None, told: AtomicBool::new(false) };
        match opened {
            Ok(file) => Log { file: Some(file), ..log },
            Err(error) => {
                log.tell(&error);
                log
            }
        }
    }

    /// Notes what became of a unit.
    pub(crate) fn unit(&self, label: &str, outcome: &Outcome, time: Duration) {
        let mut line = line("unit", &outcome.id());
        line.insert("level".to_owned(), "unit".into());
        line.insert("label".to_owned(), short(label).into());
        line.insert("us".to_owned(), micros(time).into());
        if let Outcome::Miss(reason) = outcome {
            describe(&mut line, reason);
        }
        self.write(line);
    }

    /// Notes an event.
    pub(crate) fn event(&self, event: &Event) {
        let line = match event {
            Event::Directory(path) => with(line("open", "on"), "dir", &path.to_string_lossy()),
            Event::Disabled(why) => with(line("open", "off"), "error", why),
            Event::AlsoRead(path) => with(line("open", "also"), "dir", &path.to_string_lossy()),
            Event::LeftOut(why) => with(line("open", "left_out"), "error", why),
            Event::Loaded { kind, label, path, cost } => {
                with(entry("lookup", "hit", *kind, label, Some(cost)), "path", &path.to_string_lossy())
            }
            Event::Saved { kind, label, path: _, cost } => entry("store", "stored", *kind, label, Some(cost)),
            Event::Missed { kind, label, reason, cost } => {
                let class = if *reason == MissReason::Off { "bypass" } else { "miss" };
                let outcome = format!("{class}.{}", reason.id());
                let mut line = entry("lookup", &outcome, *kind, label, Some(cost));
                describe(&mut line, reason);
                line
            }
            Event::NotSaved { kind, label, error, errno } => {
                let line = with(entry("store", "failed", *kind, label, None), "error", error);
                match errno {
                    Some(errno) => with(line, "errno", errno),
                    None => line,
                }
            }
            Event::Skipped { kind, label, path, reason } => {
                let outcome = format!("skipped.{}", reason.id());
                let line = entry("skip", &outcome, *kind, label, None);
                let mut line = with(line, "path", &path.to_string_lossy());
                describe(&mut line, reason);
                line
            }
            Event::Waiting { kind, label } => entry("wait", "waiting", *kind, label, None),
            Event::Inconsistent { kind, label } => entry("verify", "inconsistent", *kind, label, None),
        };
        self.write(line);
    }

    fn write(&self, line: Map<String, Value>) {
        let Some(mut file) = self.file.as_ref() else { return };
        let text = format!("{}\n", Value::Object(line));
        // One call, so that the line is appended whole or not at all.
        let written = match fs::may_grow(file, text.len()) {
            Ok(()) => file.write(text.as_bytes()),
            Err(errno) => Err(errno.into()),
        };
        match written {
            Ok(written) if written == text.len() => {}
            Ok(_) => self.tell("only a part of a line could be written"),
            Err(error) => self.tell(&error.to_string()),
        }
    }

    fn tell(&self, error: &str) {
        if !self.told.swap(true, Ordering::Relaxed) {
            eprintln!("warning: the cache log `{}` is not written: {error}", self.path.display());
        }
    }
}

pub(super) fn open(path: &Path) -> Result<File, String> {
    // Not blocking: the name may be a FIFO without a reader.
    let flags = OFlags::WRONLY
        | OFlags::CREATE
        | OFlags::APPEND
        | OFlags::NOFOLLOW
        | OFlags::NONBLOCK
        | OFlags::NOCTTY
        | OFlags::CLOEXEC;
    let fd =
        rustix::fs::openat(CWD, path, flags, Mode::from_raw_mode(0o600)).map_err(|error| match error {
            Errno::LOOP => "it is a symbolic link".to_owned(),
            Errno::NXIO => "it is not a regular file".to_owned(),
            other => other.to_string(),
        })?;
    let stat = fs::stat(&fd).map_err(|error| error.to_string())?;
    if FileType::from_raw_mode(stat.st_mode) != FileType::RegularFile {
        return Err("it is not a regular file".to_owned());
    }
    if stat.st_uid != rustix::process::geteuid().as_raw() {
        return Err("it belongs to another user".to_owned());
    }
    if stat.st_mode & 0o022 != 0 {
        return Err("other users can write to it".to_owned());
    }
    Ok(File::from(fd))
}

fn line(event: &str, outcome: &str) -> Map<String, Value> {
    let time = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let mut line = Map::new();
    line.insert("time".to_owned(), json!(time.as_micros() as f64 / 1e6));
    line.insert("pid".to_owned(), std::process::id().into());
    line.insert("event".to_owned(), event.into());
    line.insert("outcome".to_owned(), outcome.into());
    line
}

fn entry(event: &str, outcome: &str, kind: Kind, label: &str, cost: Option<&Cost>) -> Map<String, Value> {
    let mut line = line(event, outcome);
    line.insert("level".to_owned(), kind.to_string().into());
    line.insert("label".to_owned(), short(label).into());
    if let Some(Cost { key, bytes, time }) = cost {
        line.insert("key".to_owned(), key.as_str().into());
        line.insert("bytes".to_owned(), (*bytes).into());
        line.insert("us".to_owned(), micros(*time).into());
    }
    line
}

/// The reason in words, and what changed from what to what.
fn describe(line: &mut Map<String, Value>, reason: &MissReason) {
    line.insert("reason".to_owned(), short(&reason.to_string()).into());
    if let Some((what, old, new)) = reason.change() {
        for (name, value) in [("what", what), ("old", old), ("new", new)] {
            line.insert(name.to_owned(), short(value).into());
        }
    }
}

fn with(mut line: Map<String, Value>, name: &str, value: &str) -> Map<String, Value> {
    line.insert(name.to_owned(), short(value).into());
    line
}

fn short(text: &str) -> String {
    match text.char_indices().nth(MAX_VALUE) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

fn micros(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}

/// What the lines of a log add up to.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Summary {
    /// Lines that were counted.
    pub lines: u64,
    /// Lines that are not a cache's: cut short, or written by somebody else.
    pub strange: u64,
    /// Processes.
    pub processes: usize,
    /// Outcomes by level: `unit`, `wasm`, `native`, `probe`.
    pub levels: BTreeMap<String, LevelSummary>,
    /// Entries that could not be stored.
    pub not_stored: u64,
    /// What the system said about them, as `error.<errno>`, like a process counts it.
    pub errors: BTreeMap<String, u64>,
}

/// What the look-ups of one level add up to: `lookups = hits + misses + bypasses`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct LevelSummary {
    /// All.
    pub lookups: u64,
    /// Those that found something.
    pub hits: u64,
    /// Those that did not.
    pub misses: u64,
    /// Those that were not made.
    pub bypasses: u64,
    /// By identifier; they add up to `lookups`.
    pub outcomes: BTreeMap<String, u64>,
}

/// Adds up the look-ups in a log.
pub fn summarise(path: &Path) -> io::Result<Summary> {
    use std::io::Read as _;
    let mut reader = BufReader::new(File::open(path)?);
    let mut summary = Summary::default();
    let mut processes = std::collections::BTreeSet::new();
    let mut line = Vec::new();
    loop {
        line.clear();
        if reader.by_ref().take(MAX_LINE).read_until(b'\n', &mut line)? == 0 {
            summary.processes = processes.len();
            return Ok(summary);
        }
        match serde_json::from_slice::<Value>(&line).ok().as_ref().and_then(|line| summary.add(line)) {
            Some(pid) => drop(processes.insert(pid)),
            None => summary.strange += 1,
        }
    }
}

impl Summary {
    /// Counts a line, and gives the process that wrote it; `None` if it is not a line of ours.
    fn add(&mut self, line: &Value) -> Option<u64> {
        let text = |name: &str| line.get(name)?.as_str();
        let (event, outcome) = (text("event")?, text("outcome")?);
        let pid = line.get("pid")?.as_u64()?;
        if matches!(event, "unit" | "lookup") {
            let level = self.levels.entry(text("level")?.to_owned()).or_default();
            level.lookups += 1;
            match outcome.split('.').next() {
                Some("hit") => level.hits += 1,
                Some("miss") => level.misses += 1,
                _ => level.bypasses += 1,
            }
            *level.outcomes.entry(outcome.to_owned()).or_default() += 1;
        }
        if (event, outcome) == ("store", "failed") {
            self.not_stored += 1;
            if let Some(errno) = text("errno") {
                *self.errors.entry(format!("error.{errno}")).or_default() += 1;
            }
        }
        self.lines += 1;
        Some(pid)
    }
}
