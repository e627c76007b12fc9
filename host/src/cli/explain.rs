//! `explain`: types of the units, and what a run would find in the cache. Nothing is compiled.

use std::fmt::Write as _;
use std::process::ExitCode;

use clap::Args;
use ovenbird_compiler::artifact::Artifact;
use ovenbird_compiler::canonical;
use ovenbird_compiler::typed::Unit;

use super::common::{Common, print};
use super::target::{Selection, Target, functions, parse_types, select};
use crate::cache::MissReason;
use crate::cache::key::{self, L2Recipe};
use crate::engine::Engine;
use crate::error::Error;
use crate::unit;

/// Arguments of `explain`.
#[derive(Args)]
#[command(after_long_help = "\
A unit is what is compiled and cached by itself: a module body, or a function that is decorated with \
`@ovenbird.jit`, for one list of argument types. The states are: hit (native code is loaded), wasm hit (only \
native code is made), miss (compiled, and why), not cached (no `cache=True`), cache off.")]
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

/// What a run would do for a unit.
enum Fate {
    Off,
    NotCached,
    Hit,
    WasmHit(MissReason),
    Miss(MissReason),
}

impl Fate {
    fn name(&self) -> &'static str {
        match self {
            Fate::Off => "off",
            Fate::NotCached => "bypass",
            Fate::Hit => "hit.l2",
            Fate::WasmHit(_) => "hit.l1",
            Fate::Miss(_) => "miss",
        }
    }

    fn reason(&self) -> Option<&MissReason> {
        match self {
            Fate::WasmHit(reason) | Fate::Miss(reason) => Some(reason),
            Fate::Off | Fate::NotCached | Fate::Hit => None,
        }
    }

    fn describe(&self) -> String {
        match self {
            Fate::Off => "the cache is off".to_owned(),
            Fate::NotCached => "not cached: no `cache=True`".to_owned(),
            Fate::Hit => "hit: native code would be loaded".to_owned(),
            Fate::WasmHit(reason) => format!("wasm hit, native code would be made: {reason}"),
            Fate::Miss(reason) => format!("miss, it would be compiled: {reason}"),
        }
    }
}

impl Explain {
    pub(super) fn common(&self) -> &Common {
        &self.common
    }

    pub(super) fn execute(self) -> Result<ExitCode, Error> {
        let (program, _) = self.common.open(&self.target.file)?;
        let types = self.types.as_deref().map(parse_types).transpose()?;
        let Selection { checked, chosen } = select(&program, self.target.func.as_deref(), types.as_deref())?;
        let engine = program.engine();
        let (mut text, mut json) = (String::new(), Vec::new());
        for unit in chosen.iter().map(|index| &checked.units[*index]) {
            let fate = fate(engine, unit);
            describe(unit, &fate, &mut text);
            json.push(to_json(unit, &fate));
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
        if self.common.json {
            text = format!("{}\n", serde_json::json!({"units": json, "uncalled": uncalled}));
        }
        print(&text)?;
        Ok(ExitCode::SUCCESS)
    }
}

/// What the cache holds for a unit.
fn fate(engine: &Engine, unit: &Unit) -> Fate {
    let cache = engine.cache();
    if !cache.is_on() {
        return Fate::Off;
    }
    if !unit.cache {
        return Fate::NotCached;
    }
    let recipe = unit::recipe(engine, unit, key::digest(&canonical(unit)));
    if let Some(reason) = cache.why_artifact(&recipe) {
        return Fate::Miss(reason);
    }
    let artifact = match cache.get_artifact(&recipe).map(|bytes| Artifact::decode(&bytes)) {
        Ok(Ok(artifact)) => artifact,
        Ok(Err(_)) => return Fate::Miss(MissReason::Corrupt("artifact")),
        Err(reason) => return Fate::Miss(reason),
    };
    let native = L2Recipe {
        label: unit.label.clone(),
        wasm: key::wasm_digest(&artifact.wasm),
        engine: engine.identity(),
        metering: "slices".to_owned(),
    };
    cache.why_native(&native).map_or(Fate::Hit, Fate::WasmHit)
}

fn describe(unit: &Unit, fate: &Fate, text: &mut String) {
    let params: Vec<String> = unit.params.iter().map(ToString::to_string).collect();
    let signature = if unit.body {
        format!("{} (module body)", unit.label)
    } else {
        format!("{}({}) -> {}", unit.label, params.join(", "), result(unit))
    };
    let _ = writeln!(text, "{signature}");
    let _ = writeln!(text, "    cache    {}", fate.describe());
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

fn to_json(unit: &Unit, fate: &Fate) -> serde_json::Value {
    serde_json::json!({
        "unit": unit.label,
        "body": unit.body,
        "params": unit.params.iter().map(ToString::to_string).collect::<Vec<_>>(),
        "result": result(unit),
        "cache": unit.cache,
        "state": fate.name(),
        "reason_id": fate.reason().map(MissReason::id),
        "reason": fate.reason().map(ToString::to_string),
        "globals": unit.globals,
        "datasets": unit.schemas,
        "functions": unit.functions.iter().filter(|f| !f.library).map(|f| &*f.name).collect::<Vec<_>>(),
    })
}
