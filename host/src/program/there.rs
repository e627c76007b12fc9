//! Programs of an engine with worker processes: what is asked of them is asked of workers.

use std::collections::BTreeMap;
use std::sync::Arc;

use ovenbird_compiler::infer::Request;

use super::{Checked, Program};
use crate::compilation::Compilation;
use crate::error::Error;
use crate::globals::Snapshot;
use crate::limits::Limits;
use crate::runnable::Runnable;
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
        let none = || Error::Internal("an engine without worker processes".to_owned());
        let client = self.engine.client().ok_or_else(none)?;
        let code = client.group(&self.engine, &self.source, wanted?, globals, limits, &self.budget);
        code.map(Runnable::There)
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

    /// Whether a program compiles for a request, wherever that is done.
    pub(crate) fn diagnose(&self, request: Request<'_>) -> Result<(), Error> {
        match self.engine.client() {
            Some(_) => self.load(request).map(drop),
            None => self.check_here(request).map(drop),
        }
    }
}
