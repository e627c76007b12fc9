//! The direct path: text and request → code, without parsing, inferring or lowering.
//!
//! A probe entry is kept under a key over the program's text, what is asked of it and everything that the
//! compiler is made of. It holds what explains the code of each unit, and a record of every fact about the
//! world that the compiler asked for: the text of each imported module, modules that were looked for and
//! absent, the schema of each dataset. It is used only if all of these facts are the same again; else the
//! ordinary path runs, and decides by itself what is stale. Native code is looked up by the digest of its
//! wasm as always. The same is kept in memory, for all programs of the process.
//!
//! That a text has been parsed without an error is an entry too, so that a warm start finds syntax errors
//! as early as a cold one, without parsing. It is kept with the first request of a text, so where it is not there, there is
//! nothing of any request: a new text is looked for once, not once for each of its functions.

pub(crate) mod facts;
mod manifest;
pub(crate) mod shape;

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use ovenbird_compiler::infer::Request;
use ovenbird_compiler::source::Sources;
use ovenbird_compiler::types::Type;

use crate::cache::MissReason;
use crate::cache::explain::Change;
use crate::cache::key::{self, ArgumentInput, Digest, L0Key, L0Recipe};
use crate::cache::why::Finding;
use crate::engine::Engine;
use crate::globals::Snapshot;
use crate::native::Loading;
use crate::program::{Checked, Source};
use crate::run::Group;
use crate::unit::{LoadedUnit, Provenance, Timings, UnitInfo};
use crate::world::GrantedWorld;
use facts::Facts;
use manifest::Manifest;

/// A shorter text is parsed in the time that it takes to read an entry which says that it was.
const SHORT_TEXT: usize = 1 << 10;

/// That there is nothing of a text is believed for this long: other processes may have stored something since.
const BELIEF: Duration = Duration::from_secs(1);

/// Most bytes of text that are kept in memory with one request.
const MAX_KEPT_TEXT: usize = 64 << 10;

/// What a text gave for a request, in memory.
pub(crate) struct Kept {
    facts: Facts,
    units: Arc<[LoadedUnit]>,
    sources: Sources,
}

/// What is known of a text before anything is asked of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Known {
    /// Nothing.
    Nothing,
    /// It has no syntax error.
    Parsed,
    /// The cache had nothing of it at that time.
    New(Instant),
}

impl Known {
    /// Whether to look for what is kept of it is a waste of time.
    fn is_new(self, now: Instant) -> bool {
        matches!(self, Known::New(since) if now.saturating_duration_since(since) < BELIEF)
    }
}

/// One request to one text.
pub(crate) struct Probe<'a> {
    engine: &'a Engine,
    source: &'a Source,
    params: &'a [Type],
    recipe: L0Recipe,
    key: L0Key,
    /// A program runs at once; of a module's functions, some that are asked for are never called.
    when: Loading,
}

impl<'a> Probe<'a> {
    /// `None` if the engine has no direct path, or the request none.
    pub(crate) fn new(
        engine: &'a Engine,
        source: &'a Source,
        globals: &Snapshot,
        request: Request<'a>,
    ) -> Option<Self> {
        if !engine.probes() {
            return None;
        }
        let when = match request {
            Request::Run => Loading::Now,
            Request::Entry(..) | Request::Rows(..) => Loading::AtFirstUse,
            Request::Then(..) | Request::Check => return None,
        };
        let (shown, params) = self::request(request);
        let recipe = L0Recipe { globals: globals.inputs(), ..recipe(engine, source, shown, params) };
        let key = recipe.key();
        Some(Probe { engine, source, params, recipe, key, when })
    }

    /// Names the diagnostics of the same request.
    pub(crate) fn diagnostics_key(&self) -> L0Key {
        self.key.of_diagnostics()
    }

    /// The code, if there is a probe that fits the world as it is. Anything odd is a miss.
    pub(crate) fn load(&self, world: &GrantedWorld<'_>, known: Known) -> Option<Group> {
        if let Some(kept) = self.engine.kept(&self.key)
            && kept.facts.hold(world).is_some()
        {
            return Some(self.counted(kept.group()));
        }
        let started = Instant::now();
        if !self.engine.cache().is_on() || known.is_new(started) {
            return None;
        }
        let manifest =
            Manifest::decode(&self.engine.cache().get_probe_by(self.key, &self.recipe.label).ok()?)?;
        let texts = manifest.facts.hold(world)?;
        let sources = manifest.sources(self.source, &texts)?;
        let (facts, units) = manifest.load(self.engine, self.params, started.elapsed(), self.when)?;
        self.keep(Arc::new(Kept { facts, units: Arc::clone(&units), sources: sources.clone() }));
        Some(self.counted(Group::assembled(units, sources, BTreeMap::new())))
    }

    /// What [`Probe::load`] would find in the cache, and which facts do not hold any more.
    pub(crate) fn find(&self, world: &GrantedWorld<'_>) -> Finding {
        let (mut finding, bytes) = self.engine.cache().find_probe(&self.recipe);
        if finding.reason.is_some() {
            return finding;
        }
        let manifest = bytes.and_then(|bytes| Manifest::decode(&bytes));
        finding.changes = manifest.as_ref().map(|manifest| manifest.facts.changes(world)).unwrap_or_default();
        finding.reason = match (manifest, finding.changes.first()) {
            (None, _) => Some(MissReason::Corrupt("probe")),
            (Some(_), None) => None,
            (Some(_), Some(change)) => Some(reason(change)),
        };
        finding
    }

    /// Counts the units only now that all are there: else the ordinary path asks for them.
    fn counted(&self, group: Group) -> Group {
        group.units().iter().for_each(|unit| unit.count(self.engine));
        group
    }

    /// Keeps what was made for next time: in memory always, in the cache if the program asked for caching
    /// in every unit.
    pub(crate) fn store(&self, checked: &Checked, group: &Group) {
        let Some(facts) = Facts::of(&checked.asked) else { return };
        let (units, sources) = (Arc::clone(group.units()), checked.sources.clone());
        let kept = Arc::new(Kept { facts, units, sources });
        let cached = checked.units.iter().all(|unit| unit.cache);
        if cached && self.engine.cache().is_on() {
            let size = kept.units.iter().map(|unit| unit.artifact.wasm.len()).sum();
            let (source, kept) = (self.source.clone(), Arc::clone(&kept));
            let manifest = move || kept.manifest(&source)?.encode();
            store_parsed(self.engine, self.source);
            self.engine.cache().put_probe_later(self.key, self.recipe.clone(), size, manifest, checked.time);
        }
        self.keep(kept);
    }

    fn keep(&self, kept: Arc<Kept>) {
        let text: usize = kept.sources.iter().filter(|file| !file.library).map(|file| file.text.len()).sum();
        if text <= MAX_KEPT_TEXT {
            self.engine.keep(self.key, kept);
        }
    }
}

impl Kept {
    fn manifest(&self, source: &Source) -> Option<Manifest> {
        Manifest::of(source, &self.sources, &self.units, self.facts.clone())
    }

    fn group(&self) -> Group {
        let from_memory = |unit: &LoadedUnit| {
            let (provenance, timings) = (Provenance::Memory, Timings::default());
            LoadedUnit { info: UnitInfo { provenance, timings, ..unit.info.clone() }, ..unit.clone() }
        };
        let units: Arc<[LoadedUnit]> = self.units.iter().map(from_memory).collect();
        Group::assembled(units, self.sources.clone(), BTreeMap::new())
    }
}

/// The reason that a changed fact is.
pub(crate) fn reason(change: &Change) -> MissReason {
    match change {
        Change { kind: "host function", name, old: Some(old), new: Some(new), .. } => {
            MissReason::HostFunctionChanged { name: name.clone(), old: old.clone(), new: new.clone() }
        }
        _ => MissReason::SourceChanged,
    }
}

/// What this process or the cache knows of a text.
pub(crate) fn known(engine: &Engine, source: &Source) -> Known {
    if !engine.probes() || source.text().len() < SHORT_TEXT {
        return Known::Nothing;
    }
    let recipe = syntax_recipe(engine, source);
    let key = recipe.key();
    if engine.is_parsed(&key) {
        return Known::Parsed;
    }
    match engine.cache().get_probe_by(key, &recipe.label) {
        Ok(_) => {
            engine.set_parsed(key, true);
            Known::Parsed
        }
        Err(MissReason::Cold) => Known::New(Instant::now()),
        Err(_) => Known::Nothing,
    }
}

/// Keeps for this process that a text has no syntax error.
pub(crate) fn set_parsed(engine: &Engine, source: &Source) {
    if engine.probes() && source.text().len() >= SHORT_TEXT {
        engine.set_parsed(syntax_recipe(engine, source).key(), false);
    }
}

/// Keeps for later processes that a text has no syntax error; once.
fn store_parsed(engine: &Engine, source: &Source) {
    if source.text().len() < SHORT_TEXT {
        return;
    }
    let recipe = syntax_recipe(engine, source);
    let key = recipe.key();
    if engine.set_parsed(key, true) {
        engine.cache().put_probe_later(key, recipe, 0, || Some(Vec::new()), Duration::ZERO);
    }
}

fn syntax_recipe(engine: &Engine, source: &Source) -> L0Recipe {
    recipe(engine, source, "syntax".to_owned(), &[])
}

/// A request in words, and the types of its arguments.
pub(crate) fn request(request: Request<'_>) -> (String, &[Type]) {
    match request {
        Request::Run => ("run".to_owned(), &[]),
        Request::Check => ("check".to_owned(), &[]),
        Request::Then(name, text) => (format!("then {name:?} {text:?}"), &[]),
        Request::Entry(name, params) => (["entry ", name].concat(), params),
        Request::Rows(name, frame) => (format!("rows {name}"), std::slice::from_ref(frame)),
    }
}

pub(crate) fn recipe(engine: &Engine, source: &Source, request: String, params: &[Type]) -> L0Recipe {
    let argument = |ty: &Type| ArgumentInput { shown: ty.to_string(), digest: type_digest(ty) };
    L0Recipe {
        label: [source.name(), " (", &request, ")"].concat(),
        name: source.name().to_owned(),
        text: source.digest(),
        request,
        arguments: params.iter().map(argument).collect(),
        globals: Vec::new(),
        surroundings: engine.surroundings().whole(),
    }
}

/// Digest of a type with all that belongs to it. Of a number's it is kept: most arguments are numbers.
fn type_digest(ty: &Type) -> Digest {
    static NUMBERS: [OnceLock<Digest>; 2] = [OnceLock::new(), OnceLock::new()];
    // Serialising into memory cannot fail.
    let bytes = || bincode::serde::encode_to_vec(ty, bincode::config::standard()).unwrap_or_default();
    let digest = || key::digest(&bytes());
    match ty {
        Type::Int => *NUMBERS[0].get_or_init(digest),
        Type::Float => *NUMBERS[1].get_or_init(digest),
        _ => digest(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn that_a_text_is_new_is_believed_for_a_moment_only() {
        let now = Instant::now();
        assert!(Known::New(now).is_new(now));
        assert!(!Known::New(now).is_new(now + BELIEF), "another process may have stored it since");
        assert!(!Known::Parsed.is_new(now) && !Known::Nothing.is_new(now));
    }
}
