//! What plug-ins may call: the module `app`, with a log and a table that the host keeps. Rust closures → a
//! `HostModule` for each plug-in.
//!
//! ```python
//! from app import log, has, lookup
//! ```
//!
//! Each call takes its declared cost from the plug-in's CPU budget, the same in every run, before it is made; so a
//! plug-in cannot make the host work for nothing.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};

use ovenbird::{Cost, Error, HostFailure, HostModule};

/// Taken for each line, and for each byte of it: a line is written while the plug-in waits.
pub(crate) const LOG: Cost = Cost::units(500).per_byte(5);

/// Taken for each look into the table, and for each byte of the key and of what is found.
pub(crate) const LOOKUP: Cost = Cost::units(100).per_byte(1);

/// Gets the lines that plug-ins log: the plug-in's name, and the line.
pub(crate) type Sink = Arc<dyn Fn(&str, &str) + Send + Sync>;

/// A table of texts that all plug-ins share. Clones are the same table.
#[derive(Clone, Default)]
pub(crate) struct Table(Arc<RwLock<BTreeMap<String, String>>>);

impl Table {
    /// From lines of `KEY=VALUE`; empty lines and those that begin with `#` are left out. Fails with the number of
    /// a line that is none.
    pub(crate) fn parse(text: &str) -> Result<Table, usize> {
        let table = Table::default();
        for (number, line) in text.lines().enumerate() {
            if line.trim().is_empty() || line.starts_with('#') {
                continue;
            }
            let (key, value) = line.split_once('=').ok_or(number + 1)?;
            table.set(key.trim(), value.trim());
        }
        Ok(table)
    }

    /// Plug-ins see it at their next look: nothing is compiled again.
    pub(crate) fn set(&self, key: &str, value: &str) {
        self.0.write().unwrap_or_else(PoisonError::into_inner).insert(key.to_owned(), value.to_owned());
    }

    pub(crate) fn get(&self, key: &str) -> Option<String> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).get(key).cloned()
    }
}

/// The module for one plug-in: its closures know whose they are, so a plug-in cannot log in another's name.
pub(crate) fn module(plugin: &str, table: &Table, sink: &Sink) -> Result<HostModule, Error> {
    let (whose, sink) = (plugin.to_owned(), sink.clone());
    let (has, lookup) = (table.clone(), table.clone());
    HostModule::new("app")?
        // A guest's text is hostile: it is shown with its control characters escaped.
        .function("log", LOG, move |line: &str| sink(&whose, &line.escape_debug().to_string()))?
        .function("has", LOOKUP, move |key: &str| has.get(key).is_some())?
        .function("lookup", LOOKUP, move |key: &str| {
            lookup.get(key).ok_or_else(|| HostFailure::of("KeyError", key))
        })
}
