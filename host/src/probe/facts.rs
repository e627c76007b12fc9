//! What a compilation asked the world ↔ whether the world still says the same.

use std::collections::{BTreeMap, BTreeSet};

use ovenbird_compiler::abi::external::Functions;
use ovenbird_compiler::resolve::World;
use serde::{Deserialize, Serialize};

use crate::cache::explain::Change;
use crate::cache::key::{self, Digest};
use crate::world::{Asked, GrantedWorld};

/// What a change of a module's text is about.
pub(crate) const MODULE: &str = "module";
/// What a change of a dataset's schema is about.
pub(crate) const SCHEMA: &str = "schema";

/// Everything that was asked for. Absence is a fact too.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Facts {
    /// Modules by name: display name and digest of the text, or that there was none.
    modules: Vec<(String, Option<(String, Digest)>)>,
    /// Modules of the embedder by name: their functions, or that there was none.
    hosts: Vec<(String, Option<Functions>)>,
    /// Datasets by path, with the identity of their schema.
    schemas: Vec<(String, Digest)>,
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
        let hosts = asked.hosts.iter().map(|(name, found)| (name.clone(), found.clone())).collect();
        Some(Facts { modules, hosts, schemas: schemas.collect::<Option<_>>()? })
    }

    /// Whether nothing was asked for.
    pub(crate) fn is_empty(&self) -> bool {
        self.modules.is_empty() && self.schemas.is_empty()
    }

    /// The texts of the modules, if every fact holds.
    pub(crate) fn hold(&self, world: &GrantedWorld<'_>) -> Option<Texts> {
        if self.hosts.iter().any(|(name, wanted)| world.host_module(name) != *wanted) {
            return None;
        }
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
        let same = |(path, wanted): &(String, Digest)| {
            world.schema(path).is_ok_and(|schema| schema.identity() == *wanted)
        };
        self.schemas.iter().all(same).then_some(texts)
    }

    /// The facts that do not hold any more, for people.
    pub(crate) fn changes(&self, world: &GrantedWorld<'_>) -> Vec<Change> {
        let change = |kind, name: &str, old: Option<String>, new: Option<String>| {
            let name = name.to_owned();
            (old != new).then_some(Change { kind, name, old, new, cause: true })
        };
        let digits = |digest: Digest| key::hex(&digest)[..12].to_owned();
        let modules = self.modules.iter().filter_map(|(name, wanted)| {
            let new = world.module(name).map(|(_, text)| digits(key::digest(text.as_bytes())));
            change(MODULE, name, wanted.as_ref().map(|(_, digest)| digits(*digest)), new)
        });
        let schemas = self.schemas.iter().filter_map(|(path, wanted)| {
            let new = world.schema(path).ok().map(|schema| digits(schema.identity()));
            change(SCHEMA, path, Some(digits(*wanted)), new)
        });
        let hosts = self.hosts.iter().flat_map(|(module, wanted)| {
            host_changes(module, wanted.as_ref(), world.host_module(module).as_ref())
        });
        hosts.chain(modules).chain(schemas).collect()
    }

    /// The module behind a display name.
    pub(crate) fn module_of(&self, display: &str) -> Option<&str> {
        let shown =
            |found: &Option<(String, Digest)>| found.as_ref().is_some_and(|(name, _)| name == display);
        self.modules.iter().find(|(_, found)| shown(found)).map(|(name, _)| name.as_str())
    }
}

/// The functions of a module of the embedder that are not the same any more.
pub(crate) fn host_changes(module: &str, old: Option<&Functions>, new: Option<&Functions>) -> Vec<Change> {
    let change = |kind, name: String, old: Option<String>, new: Option<String>| {
        (old != new).then_some(Change { kind, name, old, new, cause: true })
    };
    let (Some(old), Some(new)) = (old, new) else {
        let given = |functions: Option<&Functions>| functions.map(|_| "given".to_owned());
        return change("host module", module.to_owned(), given(old), given(new)).into_iter().collect();
    };
    let names: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
    let shown = |functions: &Functions, name: &str| functions.get(name).map(ToString::to_string);
    let changed = |name: &String| {
        change("host function", format!("{module}.{name}"), shown(old, name), shown(new, name))
    };
    names.into_iter().filter_map(changed).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::external::table::HostModules;
    use crate::external::{Cost, HostModule};
    use crate::grants::Grants;
    use crate::limits::Limits;

    fn modules(cost: Cost) -> HostModules {
        let mut modules = HostModules::default();
        let module = HostModule::new("rates").and_then(|m| m.function("rate", cost, |day: i64| day));
        modules.insert(module.and_then(|m| m.function("log", Cost::units(1), |_: &str| ())).unwrap());
        modules
    }

    #[test]
    fn a_changed_function_of_the_embedder_is_named() {
        let grants = Grants::none();
        let world = |modules| GrantedWorld::new(&grants, &Limits::default()).with_host_modules(modules);
        let first = world(modules(Cost::units(50)));
        assert!(first.host_module("rates").is_some() && first.host_module("helpers").is_none());
        let facts = Facts::of(&first.into_parts().1).unwrap();
        assert!(facts.hold(&world(modules(Cost::units(50)))).is_some());
        assert!(facts.changes(&world(modules(Cost::units(50)))).is_empty());
        let changed = world(modules(Cost::units(51)));
        assert!(facts.hold(&changed).is_none());
        let [Change { kind: "host function", name, old: Some(old), new: Some(new), cause: true }] =
            &facts.changes(&changed)[..]
        else {
            panic!("{:?}", facts.changes(&changed))
        };
        assert_eq!(name, "rates.rate");
        assert_eq!((old.as_str(), new.as_str()), ("(int) -> int, 50 units", "(int) -> int, 51 units"));
        let gone = world(HostModules::default());
        assert!(facts.hold(&gone).is_none());
        assert_eq!(facts.changes(&gone)[0].kind, "host module");
    }

    #[test]
    fn a_schema_is_known_by_its_whole_identity() {
        let data = concat!(env!("CARGO_MANIFEST_DIR"), "/../examples/data");
        let data = cap_std::fs::Dir::open_ambient_dir(data, cap_std::ambient_authority()).unwrap();
        let grants = Grants::none().dir(data, "");
        let limits = Limits::default();
        let world = || GrantedWorld::new(&grants, &limits);
        let asked = world();
        asked.schema("cycling_dataset.pq").unwrap();
        let facts = Facts::of(&asked.into_parts().1).unwrap();
        assert!(facts.hold(&world()).is_some());
        for byte in 0..32 {
            let mut other = facts.clone();
            other.schemas[0].1[byte] ^= 1;
            assert!(other.hold(&world()).is_none(), "byte {byte}");
        }
    }
}
