//! `cache verify`: is every entry authentic, and are a file's entries what the compiler makes today?

use std::fmt::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use clap::Args;
use ovenbird_compiler::infer::Request;
use ovenbird_compiler::typed::Unit;
use serde_json::{Value, json};

use crate::cache::entry::Kind;
use crate::cache::{Cache, compared};
use crate::cli::common::{Common, Place, print, warn_of_left_out};
use crate::cli::findings::short_key;
use crate::compilation::with_sources;
use crate::engine::Engine;
use crate::error::Error;
use crate::{program, stages, why};

/// Arguments of `cache verify`.
#[derive(Args)]
#[command(after_long_help = "\
Without FILE, the authentication code of every entry is checked, also in folders that are only read. With FILE, its module body and the functions \
that it calls are compiled again, and the bytes of wasm and native code compared with those that are stored: \
equal inputs must give equal bytes. Nothing is stored or removed. Exit code 1 if something is wrong.")]
pub(super) struct Verify {
    /// A program whose entries are compiled again.
    file: Option<PathBuf>,
    #[command(flatten)]
    common: Common,
}

/// One thing that was compared.
struct Checked {
    what: &'static str,
    name: String,
    state: State,
}

/// How it turned out.
enum State {
    Fine(&'static str),
    Absent,
    Wrong(String),
}

impl Verify {
    pub(super) fn common(&self) -> &Common {
        &self.common
    }

    pub(super) fn execute(self) -> Result<ExitCode, Error> {
        self.common.run_nothing()?;
        let checked = match &self.file {
            None => {
                let cache = super::opened(self.common.cache_options(None))?;
                warn_of_left_out(&cache);
                entries(&cache)
            }
            Some(file) => {
                let (program, _) = self.common.open(file, Place::HERE)?;
                let engine = program.engine();
                if !engine.cache().is_on() {
                    return Err(super::off(engine.cache()));
                }
                let checked = program.check(Request::Run)?;
                let units = checked.units.iter().filter(|unit| unit.cache);
                let pairs = units
                    .map(|unit| compiled_again(engine, &checked, unit))
                    .collect::<Result<Vec<_>, _>>()?;
                pairs.into_iter().flatten().collect()
            }
        };
        let wrong = checked.iter().filter(|checked| matches!(checked.state, State::Wrong(_))).count();
        print(&if self.common.json { as_json(&checked, wrong) } else { as_text(&checked, wrong) })?;
        Ok(if wrong == 0 { ExitCode::SUCCESS } else { ExitCode::from(1) })
    }
}

/// Every entry by its authentication code.
fn entries(cache: &Cache) -> Vec<Checked> {
    let check = |entry: crate::cache::Listed| Checked {
        what: "entry",
        name: format!("{} {} {}", short_key(&entry.key), entry.kind, entry.label),
        state: match entry.verified {
            Ok(()) => State::Fine("authentic"),
            Err(reason) => State::Wrong(reason.to_string()),
        },
    };
    let further = cache.list_further().into_iter().flat_map(|(_, list)| list);
    cache.list().into_iter().chain(further).map(check).collect()
}

/// A unit's wasm and native code, made again and compared.
fn compiled_again(
    engine: &Engine,
    program: &program::Checked,
    unit: &Arc<Unit>,
) -> Result<[Checked; 2], Error> {
    let cache = engine.cache();
    let name = unit.label.clone();
    let fresh = why::make(engine, program, unit)?;
    let wasm_of = |bytes: &[u8]| compared(Kind::Artifact, bytes);
    let (recipe, _, finding) = why::stored(engine, unit);
    let wasm = match (cache.peek_artifact(&recipe), finding.reason) {
        (Some(bytes), _) if wasm_of(&bytes) == wasm_of(&fresh.encode()) => {
            State::Fine("equal to what is compiled now")
        }
        (Some(_), _) => State::Wrong("INCONSISTENT: the stored wasm is not what is compiled now".to_owned()),
        (None, reason) => missing(reason),
    };
    let recipe = why::native_recipe(engine, &recipe, &fresh);
    let native = match (cache.peek_native(&recipe), cache.find_native(&recipe).reason) {
        (Some(bytes), _) => {
            let compiled = stages::native(engine, unit, &fresh, &program.compilation)
                .map_err(|error| with_sources(error, &program.sources))?;
            if compiled.elf().is_ok_and(|elf| elf == bytes) {
                State::Fine("equal to what is compiled now")
            } else {
                State::Wrong("INCONSISTENT: the stored native code is not what is compiled now".to_owned())
            }
        }
        (None, reason) => missing(reason),
    };
    Ok([
        Checked { what: "wasm", name: name.clone(), state: wasm },
        Checked { what: "native", name, state: native },
    ])
}

/// An entry that is not there is no problem; one that cannot be used is.
fn missing(reason: Option<crate::cache::MissReason>) -> State {
    use crate::cache::MissReason;
    match reason {
        Some(reason @ (MissReason::Corrupt(_) | MissReason::Untrusted(_) | MissReason::Unreadable(_))) => {
            State::Wrong(reason.to_string())
        }
        _ => State::Absent,
    }
}

impl State {
    fn describe(&self) -> (&'static str, &str) {
        match self {
            State::Fine(what) => ("ok", what),
            State::Absent => ("-", "not stored"),
            State::Wrong(what) => ("WRONG", what),
        }
    }
}

fn as_text(checked: &[Checked], wrong: usize) -> String {
    let mut text = String::new();
    for Checked { what, name, state } in checked {
        let (mark, description) = state.describe();
        let _ = writeln!(text, "{mark:<6} {what:<7} {name}: {description}");
    }
    let _ = writeln!(text, "{} checked, {wrong} wrong", checked.len());
    text
}

fn as_json(checked: &[Checked], wrong: usize) -> String {
    let items: Vec<Value> = checked
        .iter()
        .map(|Checked { what, name, state }| {
            let (mark, description) = state.describe();
            json!({"what": what, "name": name, "state": mark.to_lowercase(), "description": description})
        })
        .collect();
    format!("{}\n", json!({"checked": items, "wrong": wrong}))
}
