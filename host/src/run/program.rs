//! A checked program → what runs; what the cache wants to know of it.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::Group;
use crate::code::{LoadedUnit, UnitInfo};
use crate::compilation::with_sources;
use crate::engine::Engine;
use crate::error::Error;
use crate::parallel::load_all;
use crate::program::Checked;
use crate::value::Value;

impl Group {
    /// Finds or makes the code of a checked program.
    pub(crate) fn load(engine: &Engine, checked: &Checked) -> Result<Group, Error> {
        let units = load_all(engine, &checked.units, &checked.compilation);
        let mut units = units.map_err(|error| with_sources(error, &checked.sources))?;
        units.iter_mut().for_each(|unit| unit.info.timings.check = checked.time);
        // Datasets are opened by each call: a function outlives the files that it was compiled for.
        Ok(Group::assembled(units, checked.sources.clone(), BTreeMap::new()))
    }

    pub(crate) fn infos(&self) -> Vec<UnitInfo> {
        self.units.iter().map(|unit| unit.info.clone()).collect()
    }

    /// Hands over values of global variables, for every call.
    pub(crate) fn with_given(self, given: Vec<(String, Value)>) -> Group {
        Group { given, ..self }
    }

    pub(crate) fn units(&self) -> &Arc<[LoadedUnit]> {
        &self.units
    }
}
