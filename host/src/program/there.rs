//! Programs of an engine with worker processes: what is asked of them is asked of workers.

use std::collections::BTreeMap;
use std::sync::Arc;

use ovenbird_compiler::infer::Request;
use ovenbird_compiler::types::Type;

use super::{Checked, Program, UnitOutline};
use crate::bundle::{Part, Target};
use crate::cache::why::Finding;
use crate::cache::{Bypass, MissReason, Outcome, Tier};
use crate::compilation::Compilation;
use crate::error::Error;
use crate::globals::Snapshot;
use crate::limits::Limits;
use crate::runnable::Runnable;
use crate::why::UnitWhy;
use crate::worker::{Client, Wanted};
use crate::world::Asked;

impl Program {
    /// Code that runs in workers.
    pub(super) fn there(
        &self,
        wanted: Result<Wanted, Error>,
        globals: &Snapshot,
        limits: &Limits,
    ) -> Result<Runnable, Error> {
        let code = self.client()?.group(&self.engine, &self.source, wanted?, globals, limits, &self.budget);
        code.map(Runnable::There)
    }

    fn client(&self) -> Result<&Client, Error> {
        let none = || Error::Internal("an engine without worker processes".to_owned());
        self.engine.client().ok_or_else(none)
    }

    /// The same for a function, for the globals as they are; and their epoch.
    pub(super) fn entry_there(&self, wanted: Result<Wanted, Error>) -> Result<(u64, Arc<Runnable>), Error> {
        let globals = self.globals.snapshot();
        let code = self.there(wanted, &globals, &Limits::default())?;
        Ok((globals.epoch, Arc::new(code)))
    }

    /// What a worker finds in the program.
    pub(super) fn check_there(&self, client: &Client, request: Request<'_>) -> Result<Checked, Error> {
        let (globals, wanted) = (self.globals.snapshot(), Wanted::of(request)?);
        let compilation = Compilation::start(&self.budget);
        let found = client.check(&self.source, &wanted, &globals, &Limits::default(), &self.budget);
        let (sources, told, time) = found?;
        let (units, datasets, asked) = (Vec::new(), BTreeMap::new(), Asked::default());
        Ok(Checked { units, sources, datasets, time, asked, compilation, told })
    }

    /// Something to call, compiled by a worker for the targets of a bundle.
    pub(crate) fn part_there(
        &self,
        request: Request<'_>,
        targets: &[Target],
        strip: bool,
    ) -> Result<Part, Error> {
        let (client, globals) = (self.client()?, self.globals.snapshot());
        let wanted = Wanted::of(request)?;
        client.part(&self.engine, &self.source, &wanted, &globals, &self.budget, (targets, strip))
    }

    /// The functions that a worker finds in the program.
    pub(crate) fn signatures_there(
        &self,
        client: &Client,
        function: Option<&str>,
    ) -> Result<Vec<(String, Vec<Type>)>, Error> {
        client.signatures(&self.source, function, &self.globals.snapshot(), &self.budget)
    }

    /// What a run would find of code that workers made. All units of a request are one entry of the cache, found by the
    /// text.
    pub(crate) fn why_there(&self, client: &Client, request: Request<'_>) -> Result<Vec<UnitWhy>, Error> {
        let units = self.check_there(client, request)?.outline();
        let (globals, wanted) = (self.globals.snapshot(), Wanted::of(request)?);
        // It is stored if the program asks for caching in every unit.
        let asked = units.iter().all(|unit| unit.cache);
        let found = match asked {
            true => client.find(&self.engine, &self.source, &wanted, &globals, &self.budget)?,
            false => None,
        };
        let outcome = match &found {
            None if !asked => Outcome::Bypass(Bypass::NotAsked),
            None if !self.engine.cache().is_on() => Outcome::Bypass(Bypass::Off),
            None => Outcome::Miss(MissReason::Cold),
            Some(Finding { reason: None, .. }) => Outcome::Hit(Tier::Probe),
            Some(Finding { reason: Some(reason), .. }) => Outcome::Miss(reason.clone()),
        };
        let why = |UnitOutline { label, params, .. }| {
            let (outcome, native) = (outcome.clone(), found.clone());
            UnitWhy { label, params, outcome, wasm: None, native }
        };
        Ok(units.into_iter().map(why).collect())
    }

    /// Whether a program compiles for a request, wherever that is done.
    pub(crate) fn diagnose(&self, request: Request<'_>) -> Result<(), Error> {
        match self.engine.client() {
            Some(_) => self.load(request).map(drop),
            None => self.check_here(request).map(drop),
        }
    }
}
