//! `cache why`: for each unit, what a run would find at each level, and exactly what changed.

use std::fmt::Write as _;
use std::process::ExitCode;

use clap::Args;
use ovenbird_compiler::infer::Request;
use serde_json::json;

use crate::cache::MissReason;
use crate::cache::why::Finding;
use crate::cli::common::{Common, print};
use crate::cli::findings::{describe_changes, describe_levels, to_json};
use crate::cli::target::{Selection, Target, parse_args, parse_types, select};
use crate::error::Error;
use crate::why::{UnitWhy, direct, why};

/// Arguments of `cache why`.
#[derive(Args)]
#[command(after_long_help = "\
Each unit is compared with the stored entry of the same function that differs least. All inputs that differ \
are listed with the stored and the wanted value; `->` marks the one that explains the others (a changed global \
changes the function that reads it, too). Functions are known by a digest of their typed bodies. Nothing is \
run or stored.")]
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
    common: Common,
}

impl Why {
    pub(super) fn common(&self) -> &Common {
        &self.common
    }

    pub(super) fn execute(self) -> Result<ExitCode, Error> {
        if self.target.func.is_none() && (self.args.is_some() || self.types.is_some()) {
            return Err(Error::Signature("`--args` and `--types` need FILE::FUNCTION".to_owned()));
        }
        let (program, _) = self.common.open(&self.target.file)?;
        let types = match (&self.args, &self.types) {
            (Some(args), _) => Some(program.argument_types(&parse_args(args)?)),
            (None, Some(types)) => Some(parse_types(types)?),
            (None, None) => None,
        };
        let Selection { checked, chosen } = select(&program, self.target.func.as_deref(), types.as_deref())?;
        let units: Vec<UnitWhy> =
            chosen.iter().map(|index| why(program.engine(), &checked.units[*index])).collect();
        let is_run = self.target.func.is_none() && units.iter().all(|unit| unit.wasm.is_some());
        let direct = is_run.then(|| direct(&program, Request::Run)).flatten();
        let json = self.common.json;
        print(&if json { as_json(&units, direct.as_ref()) } else { text(&units, direct.as_ref()) })?;
        Ok(ExitCode::SUCCESS)
    }
}

fn text(units: &[UnitWhy], direct: Option<&Finding>) -> String {
    let mut text = String::new();
    if let Some(finding) = direct {
        let state = match &finding.reason {
            None => "hit: a run does not look into the text".to_owned(),
            Some(MissReason::Cold) => "miss: it has not run like this before; its units:".to_owned(),
            Some(MissReason::SourceChanged) => {
                "miss: what it imports or reads changed; its units:".to_owned()
            }
            Some(other) => format!("miss: {other}; its units:"),
        };
        let _ = writeln!(text, "text of the program: {state}");
        describe_changes(finding, &mut text);
    }
    for unit in units {
        let signature = match unit.label.strip_suffix(".__main__") {
            Some(module) => format!("{module} (module body)"),
            None => format!("{}({})", unit.label, unit.params.join(", ")),
        };
        let _ = writeln!(text, "{signature}: {}", unit.outcome);
        describe_levels(unit, &mut text);
    }
    text
}

fn as_json(units: &[UnitWhy], direct: Option<&Finding>) -> String {
    let unit = |unit: &UnitWhy| {
        json!({
            "unit": unit.label,
            "params": unit.params,
            "outcome": unit.outcome.id(),
            "wasm": unit.wasm.as_ref().map(to_json),
            "native": unit.native.as_ref().map(to_json),
        })
    };
    format!("{}\n", json!({"text": direct.map(to_json), "units": units.iter().map(unit).collect::<Vec<_>>()}))
}
