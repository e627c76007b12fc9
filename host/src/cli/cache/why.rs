//! `cache why`: for each unit, what a run would find at each level, and exactly what changed.

use std::fmt::Write as _;
use std::process::ExitCode;

use clap::Args;
use ovenbird_compiler::infer::Request;
use ovenbird_compiler::types::Type;
use serde_json::json;

use crate::cache::why::Finding;
use crate::cli::common::{Common, Place, print};
use crate::cli::findings::{describe_call, describe_direct, describe_levels, to_json};
use crate::cli::target::{Target, parse_args, parse_types};
use crate::error::Error;
use crate::program::Program;
use crate::signatures::{Selection, select};
use crate::why::{UnitWhy, direct, why};

/// Arguments of `cache why`.
#[derive(Args)]
#[command(after_long_help = "\
Each unit is compared with the stored entry of the same function that differs least. All inputs that differ \
are listed with the stored and the wanted value; `->` marks the one that explains the others (a changed global \
changes the function that reads it, too). Functions are known by a digest of their typed bodies. Nothing is \
run or stored.

The text of a program comes first: if it and all that it imports and reads are as they were, a run looks at nothing \
else. For FILE::FUNC, `by text` says the same of a host program that asks for this function by itself.")]
pub(super) struct Why {
    /// FILE, or FILE::FUNCTION.
    #[arg(value_name = "FILE[::FUNC]")]
    target: Target,
    /// Argument types of FUNC: `int, float, bool, str`.
    #[arg(long, value_name = "TYPES")]
    types: Option<String>,
    /// Arguments of FUNC, as literals: `1, 2.5, "text"`. A path of a dataset brings its schema.
    #[arg(long, value_name = "ARGS", allow_hyphen_values = true, conflicts_with = "types")]
    args: Option<String>,
    #[command(flatten)]
    place: Place,
    #[command(flatten)]
    common: Common,
}

impl Why {
    pub(super) fn common(&self) -> &Common {
        &self.common
    }

    pub(super) fn execute(self) -> Result<ExitCode, Error> {
        self.common.run_nothing()?;
        if self.target.func.is_none() && (self.args.is_some() || self.types.is_some()) {
            return Err(Error::Signature("`--args` and `--types` need FILE::FUNCTION".to_owned()));
        }
        let (program, _) = self.common.open(&self.target.file, self.place)?;
        let types = match (&self.args, &self.types) {
            (Some(args), _) => Some(program.argument_types(&parse_args(args)?)),
            (None, Some(types)) => Some(parse_types(types)?),
            (None, None) => None,
        };
        let (units, direct) = match self.place.isolate {
            true => (self.there(&program, types)?, None),
            false => self.here(&program, types)?,
        };
        let json = self.common.json;
        print(&if json { as_json(&units, direct.as_ref()) } else { text(&units, direct.as_ref()) })?;
        Ok(ExitCode::SUCCESS)
    }

    /// The units, and the text of the program if that is looked at.
    fn here(
        &self,
        program: &Program,
        types: Option<Vec<Type>>,
    ) -> Result<(Vec<Shown>, Option<Finding>), Error> {
        let Selection { checked, chosen } = select(program, self.target.func.as_deref(), types.as_deref())?;
        let mut units: Vec<Shown> = Vec::new();
        for unit in chosen.iter().map(|index| &checked.units[*index]) {
            let (why, func) = (why(program.engine(), &checked, unit)?, self.target.func.as_deref());
            let call = func.and_then(|func| direct(program, Request::Entry(func, &unit.params)));
            units.push(Shown { call: call.filter(|_| why.wasm.is_some()), why });
        }
        let is_run = self.target.func.is_none() && units.iter().all(|unit| unit.why.wasm.is_some());
        let direct = is_run.then(|| direct(program, Request::Run)).flatten();
        Ok((units, direct))
    }

    /// The units as worker processes compile them: all units of a request are one entry, found by the text.
    fn there(&self, program: &Program, types: Option<Vec<Type>>) -> Result<Vec<Shown>, Error> {
        let shown = |why| Shown { why, call: None };
        let Some(func) = self.target.func.as_deref() else {
            return Ok(program.why(Request::Run)?.into_iter().map(shown).collect());
        };
        let signatures = match types {
            Some(types) => vec![(func.to_owned(), types)],
            None => program.signatures(Some(func))?,
        };
        let mut units = Vec::new();
        for (name, params) in &signatures {
            units.extend(program.why(Request::Entry(name, params))?.into_iter().map(shown));
        }
        Ok(units)
    }
}

/// A unit, and what the direct path has for it if it is asked for by itself.
struct Shown {
    why: UnitWhy,
    call: Option<Finding>,
}

fn text(units: &[Shown], direct: Option<&Finding>) -> String {
    let mut text = String::new();
    if let Some(finding) = direct {
        describe_direct(finding, &mut text);
    }
    for Shown { why: unit, call } in units {
        let signature = match unit.label.strip_suffix(".__main__") {
            Some(module) => format!("{module} (module body)"),
            None => format!("{}({})", unit.label, unit.params.join(", ")),
        };
        let _ = writeln!(text, "{signature}: {}", unit.outcome);
        if let Some(finding) = call {
            describe_call(finding, &mut text);
        }
        describe_levels(unit, &mut text);
    }
    text
}

fn as_json(units: &[Shown], direct: Option<&Finding>) -> String {
    let unit = |Shown { why: unit, call }: &Shown| {
        json!({
            "text": call.as_ref().map(to_json),
            "unit": unit.label,
            "params": unit.params,
            "outcome": unit.outcome.id(),
            "wasm": unit.wasm.as_ref().map(to_json),
            "native": unit.native.as_ref().map(to_json),
        })
    };
    format!("{}\n", json!({"text": direct.map(to_json), "units": units.iter().map(unit).collect::<Vec<_>>()}))
}
