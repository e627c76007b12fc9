//! What is asked of workers about a program beside its code: parts of a bundle that is built, which this process signs; and
//! what of the stored code does not fit any more.

use ovenbird_compiler::abi::external::Functions;
use ovenbird_compiler::budget::CompileBudget;

use super::client::{Client, Code, MAX_CODE, answer, job, keeps, same_types};
use super::frame::{self, Most};
use super::wanted::recipe;
use super::wire::{Answer, Ask, Differing, Face, Wanted};
use crate::bundle::{Part, Target};
use crate::cache::MissReason;
use crate::cache::explain::Change;
use crate::cache::why::Finding;
use crate::engine::Engine;
use crate::error::Error;
use crate::globals::Snapshot;
use crate::limits::Limits;
use crate::probe::facts::{MODULE, SCHEMA, host_changes};
use crate::probe::reason;
use crate::program::Source;

/// A part of a bundle, but for errors, is all in the tail.
const PART: Most = Most { head: 64 << 20, tail: MAX_CODE };

/// Facts that changed, with their names.
const CHANGES: Most = Most { head: 1 << 20, tail: 0 };

impl Client {
    /// Compiles what is asked of a program for the targets of a bundle.
    pub(crate) fn part(
        &self,
        engine: &Engine,
        source: &Source,
        wanted: &Wanted,
        globals: &Snapshot,
        budget: &CompileBudget,
        (targets, strip): (&[Target], bool),
    ) -> Result<Part, Error> {
        globals.check()?;
        let targets = targets.iter().map(|target| target.name().to_owned()).collect();
        let job = job(source, wanted, globals, &Limits::default(), budget);
        match self.ask_compiler(source, &Ask::Build { job, targets, strip }, &[], PART, budget)? {
            (Answer::Built(Ok(())), bytes) => {
                let part: Part = frame::decode(&bytes).map_err(|_| answer("no part of a bundle"))?;
                (0..part.compiled()).for_each(|_| engine.count_compile());
                Ok(part)
            }
            (Answer::Built(Err(fault)), _) => Err(fault.error()),
            _ => Err(answer("no part of a bundle")),
        }
    }

    /// What a request would find in the cache, with what changed. Nothing is counted; `None` if the cache is not asked.
    pub(crate) fn find(
        &self,
        engine: &Engine,
        source: &Source,
        wanted: &Wanted,
        globals: &Snapshot,
        budget: &CompileBudget,
    ) -> Result<Option<Finding>, Error> {
        if !engine.cache().is_on() || !keeps(engine, wanted) {
            return Ok(None);
        }
        let (mut finding, bytes) = engine.cache().find_probe(&recipe(engine, source, wanted, globals));
        if finding.reason.is_some() {
            return Ok(Some(finding));
        }
        match bytes.and_then(Code::from_entry) {
            Some(code) => {
                finding.changes = self.changes(source, &code.face, budget)?;
                finding.reason = finding.changes.first().map(reason);
            }
            None => finding.reason = Some(MissReason::Corrupt("probe")),
        }
        Ok(Some(finding))
    }

    /// What the code depends on and is not as it was. Files are looked at in a worker.
    fn changes(&self, source: &Source, face: &Face, budget: &CompileBudget) -> Result<Vec<Change>, Error> {
        let hosts = source.hosts();
        let others = face.hosts.iter().filter(|asked| !same_types(std::slice::from_ref(*asked), hosts));
        let changed = |(module, then): &(String, Option<Functions>)| {
            host_changes(module, then.as_ref(), hosts.functions(module).as_ref())
        };
        let mut changes: Vec<Change> = others.flat_map(changed).collect();
        let facts = face.facts.as_deref().unwrap_or_default();
        if !facts.is_empty() {
            let ask = Ask::Differ { limits: Limits::default() };
            let found = match self.ask_compiler(source, &ask, facts, CHANGES, budget)? {
                (Answer::Differ(found), _) => found,
                _ => return Err(answer("not what changed")),
            };
            changes.extend(found.into_iter().map(|Differing { schema, name, old, new }| {
                let kind = if schema { SCHEMA } else { MODULE };
                Change { kind, name, old, new, cause: true }
            }));
        }
        Ok(changes)
    }
}
