//! `explain`: types of the units, and what a run would find in the cache. Nothing is run or stored.

use std::fmt::Write as _;
use std::process::ExitCode;

use clap::Args;
use ovenbird_compiler::infer::Request;
use ovenbird_compiler::typed::Unit;

use super::common::{Common, Place, print};
use super::findings::{self, describe_levels};
use super::target::{Target, parse_types};
use crate::cache::why::Finding;
use crate::cache::{MissReason, Outcome, Tier};
use crate::error::Error;
use crate::signatures::{Selection, functions, select};
use crate::why::{UnitWhy, direct, why};

/// Arguments of `explain`.
#[derive(Args)]
#[command(after_long_help = "\
A unit is what is compiled and cached by itself: a module body, or a function that is decorated with \
`@ovenbird.jit`, for one list of argument types. The states are: hit (native code is loaded), wasm hit (only \
native code is made), miss (compiled, and why), not cached (no `cache=True`), cache off. Below a miss, everything \
that differs from the nearest stored entry; `->` marks what explains the rest. The text of the program comes first: \
if it and all that it imports and reads are as they were, a run looks at nothing else (for FILE::FUNC, `by text`: a \
host program that asks for this function by itself).")]
pub(super) struct Explain {
    /// FILE, or FILE::FUNCTION.
    #[arg(value_name = "FILE[::FUNC]")]
    target: Target,
    /// Argument types of FUNC: `int, float, bool, str`.
    #[arg(long, value_name = "TYPES")]
    types: Option<String>,
    #[command(flatten)]
    common: Common,
}

impl Explain {
    pub(super) fn common(&self) -> &Common {
        &self.common
    }

    pub(super) fn execute(self) -> Result<ExitCode, Error> {
        self.common.run_nothing()?;
        let (program, _) = self.common.open(&self.target.file, Place::HERE)?;
        let types = self.types.as_deref().map(parse_types).transpose()?;
        let Selection { checked, chosen } = select(&program, self.target.func.as_deref(), types.as_deref())?;
        let engine = program.engine();
        let (mut text, mut json, mut outcomes) = (String::new(), Vec::new(), Vec::new());
        let func = self.target.func.as_deref();
        let is_asked = chosen.iter().all(|index| checked.units[*index].cache);
        let run = (func.is_none() && is_asked).then(|| direct(&program, Request::Run)).flatten();
        if let Some(finding) = &run {
            findings::describe_direct(finding, &mut text);
            text.push('\n');
        }
        for unit in chosen.iter().map(|index| &checked.units[*index]) {
            let why = why(engine, &checked, unit)?;
            let call = func.filter(|_| unit.cache);
            let call = call.and_then(|func| direct(&program, Request::Entry(func, &unit.params)));
            describe(unit, &why, call.as_ref(), &mut text);
            json.push(to_json(unit, &why, call.as_ref()));
            outcomes.push(why.outcome);
        }
        let reached: Vec<&str> = checked.units.iter().flat_map(|u| &u.functions).map(|f| &*f.name).collect();
        let ends = |name: &str| reached.iter().any(|r| r.rsplit('.').next() == Some(name));
        let uncalled: Vec<String> = match self.target.func {
            None => functions(&program).into_iter().filter(|name| !ends(name)).collect(),
            Some(_) => Vec::new(),
        };
        if !uncalled.is_empty() {
            let _ = writeln!(
                text,
                "not called by the module body, so without types here (see FILE::FUNC, --types): {}",
                uncalled.join(", ")
            );
        }
        let _ = writeln!(text, "{}", in_short(&outcomes));
        if self.common.json {
            text = format!(
                "{}\n",
                serde_json::json!({
                    "text": run.as_ref().map(findings::to_json), "units": json, "uncalled": uncalled,
                })
            );
        }
        print(&text)?;
        Ok(ExitCode::SUCCESS)
    }
}

fn describe(unit: &Unit, why: &UnitWhy, call: Option<&Finding>, text: &mut String) {
    let params: Vec<String> = unit.params.iter().map(ToString::to_string).collect();
    let signature = if unit.body {
        format!("{} (module body)", unit.label)
    } else {
        format!("{}({}) -> {}", unit.label, params.join(", "), result(unit))
    };
    let _ = writeln!(text, "{signature}");
    let _ = writeln!(text, "    cache    {}", why.outcome);
    if let Some(finding) = call {
        findings::describe_call(finding, text);
    }
    describe_levels(why, text);
    for (name, value) in &unit.globals {
        let _ = writeln!(text, "    global   {name} = {value}");
    }
    for (label, columns) in &unit.schemas {
        let _ = writeln!(text, "    dataset  {label}: {}", columns.join(", "));
    }
    let library = unit.functions.iter().filter(|f| f.library).count();
    let own: Vec<&str> = unit.functions.iter().skip(1).filter(|f| !f.library).map(|f| &*f.name).collect();
    if !own.is_empty() {
        let _ = writeln!(text, "    includes {}", own.join(", "));
    }
    let _ = writeln!(text, "    library  {library} functions");
    text.push('\n');
}

fn result(unit: &Unit) -> String {
    unit.functions.first().map_or_else(String::new, |root| root.result.to_string())
}

/// What a run would do, all units together.
fn in_short(outcomes: &[Outcome]) -> String {
    let count = |wanted: fn(&Outcome) -> bool| outcomes.iter().filter(|outcome| wanted(outcome)).count();
    let parts = [
        (count(|o| matches!(o, Outcome::Hit(tier) if *tier != Tier::Wasm)), "loaded"),
        (count(|o| matches!(o, Outcome::Hit(Tier::Wasm))), "made from stored wasm"),
        (count(|o| matches!(o, Outcome::Miss(_))), "compiled and stored"),
        (count(|o| matches!(o, Outcome::Bypass(_))), "compiled and not stored"),
    ];
    let parts: Vec<String> =
        parts.iter().filter(|(count, _)| *count > 0).map(|(count, what)| format!("{count} {what}")).collect();
    format!("{} units; in a run: {}", outcomes.len(), parts.join(", "))
}

fn to_json(unit: &Unit, why: &UnitWhy, call: Option<&Finding>) -> serde_json::Value {
    let (state, reason) = match &why.outcome {
        Outcome::Miss(reason) => ("miss".to_owned(), Some(reason)),
        Outcome::Bypass(_) => ("bypass".to_owned(), None),
        Outcome::Hit(Tier::Wasm) => {
            (why.outcome.id(), why.native.as_ref().and_then(|finding| finding.reason.as_ref()))
        }
        Outcome::Hit(_) => (why.outcome.id(), None),
    };
    serde_json::json!({
        "unit": unit.label,
        "body": unit.body,
        "params": unit.params.iter().map(ToString::to_string).collect::<Vec<_>>(),
        "result": result(unit),
        "cache": unit.cache,
        "state": state,
        "outcome": why.outcome.id(),
        "reason_id": reason.map(MissReason::id),
        "reason": reason.map(ToString::to_string),
        "text": call.map(findings::to_json),
        "wasm": why.wasm.as_ref().map(findings::to_json),
        "native": why.native.as_ref().map(findings::to_json),
        "globals": unit.globals,
        "datasets": unit.schemas,
        "functions": unit.functions.iter().filter(|f| !f.library).map(|f| &*f.name).collect::<Vec<_>>(),
    })
}
