//! What a compilation asked the world ↔ whether the world still says the same.

use std::collections::BTreeMap;

use ovenbird_compiler::resolve::World;
use serde::{Deserialize, Serialize};

use crate::cache::explain::Change;
use crate::cache::key::{self, Digest};
use crate::world::{Asked, GrantedWorld};

/// Everything that was asked for. Absence is a fact too.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Facts {
    /// Modules by name: display name and digest of the text, or that there was none.
    modules: Vec<(String, Option<(String, Digest)>)>,
    /// Datasets by path, with the fingerprint of their schema.
    schemas: Vec<(String, u64)>,
}

/// Texts of imported modules by name, as they are now: display name and text.
pub(crate) type Texts = BTreeMap<String, (String, String)>;

impl Facts {
    /// The facts behind a compilation. `None` if one of them cannot be compared later: a dataset that
    /// could not be read may become readable without a trace.
    pub(crate) fn of(asked: &Asked) -> Option<Facts> {
        let digested = |(display, text): &(String, String)| (display.clone(), key::digest(text.as_bytes()));
        let modules =
            asked.modules.iter().map(|(name, found)| (name.clone(), found.as_ref().map(digested))).collect();
        let schemas = asked.schemas.iter().map(|(path, found)| Some((path.clone(), (*found)?)));
        Some(Facts { modules, schemas: schemas.collect::<Option<_>>()? })
    }

    /// The texts of the modules, if every fact holds.
    pub(crate) fn hold(&self, world: &GrantedWorld<'_>) -> Option<Texts> {
        let mut texts = Texts::new();
        for (name, wanted) in &self.modules {
            match (wanted, world.module(name)) {
                (None, None) => {}
                (Some((display, digest)), Some(found))
                    if *display == found.0 && *digest == key::digest(found.1.as_bytes()) =>
                {
                    texts.insert(name.clone(), found);
                }
                _ => return None,
            }
        }
        let same = |(path, wanted): &(String, u64)| {
            world.schema(path).is_ok_and(|schema| schema.fingerprint() == *wanted)
        };
        self.schemas.iter().all(same).then_some(texts)
    }

    /// The facts that do not hold any more, for people.
    pub(super) fn changes(&self, world: &GrantedWorld<'_>) -> Vec<Change> {
        let change = |kind, name: &str, old: Option<String>, new: Option<String>| {
            let name = name.to_owned();
            (old != new).then_some(Change { kind, name, old, new, cause: true })
        };
        let digits = |digest: Digest| key::hex(&digest)[..12].to_owned();
        let modules = self.modules.iter().filter_map(|(name, wanted)| {
            let new = world.module(name).map(|(_, text)| digits(key::digest(text.as_bytes())));
            change("module", name, wanted.as_ref().map(|(_, digest)| digits(*digest)), new)
        });
        let schemas = self.schemas.iter().filter_map(|(path, wanted)| {
            let new = world.schema(path).ok().map(|schema| format!("{:016x}", schema.fingerprint()));
            change("schema", path, Some(format!("{wanted:016x}")), new)
        });
        modules.chain(schemas).collect()
    }

    /// The module behind a display name.
    pub(crate) fn module_of(&self, display: &str) -> Option<&str> {
        let shown =
            |found: &Option<(String, Digest)>| found.as_ref().is_some_and(|(name, _)| name == display);
        self.modules.iter().find(|(_, found)| shown(found)).map(|(name, _)| name.as_str())
    }
}
