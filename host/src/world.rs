//! Facts about the world for the compiler: neighbouring files, schemas, the library.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::io::Read;
use std::sync::Arc;

use ovenbird_compiler::resolve::{GivenGlobal, Library, SchemaProblem, World};
use ovenbird_compiler::schema::Schema;

use crate::grants::{AccessError, Grants};
use crate::io::{Dataset, DatasetError, read_schema};
use crate::limits::{Ledger, LimitExceeded, Limits};

/// Largest source file that is read.
const MAX_SOURCE: u64 = 1 << 20;

/// The granted directories as the compiler may see them.
pub(crate) struct GrantedWorld<'a> {
    grants: &'a Grants,
    globals: BTreeMap<String, GivenGlobal>,
    ledger: RefCell<Ledger>,
    /// Datasets opened for their schemas; handed to the run.
    datasets: RefCell<BTreeMap<String, Dataset>>,
    asked: RefCell<Asked>,
    /// The first limit that was reached.
    limit: Cell<Option<LimitExceeded>>,
}

/// The facts that a compilation asked for.
#[derive(Clone, Debug, Default)]
pub(crate) struct Asked {
    /// Modules by name: display name and text, if there was one.
    pub(crate) modules: BTreeMap<String, Option<(String, String)>>,
    /// Datasets by path: the schema's fingerprint, if there was one.
    pub(crate) schemas: BTreeMap<String, Option<u64>>,
}

impl<'a> GrantedWorld<'a> {
    pub(crate) fn new(grants: &'a Grants, limits: &Limits) -> Self {
        let ledger = RefCell::new(Ledger::new(limits.clone()));
        GrantedWorld {
            grants,
            globals: BTreeMap::new(),
            ledger,
            datasets: RefCell::default(),
            asked: RefCell::default(),
            limit: Cell::default(),
        }
    }

    /// The same with globals that the host gives.
    pub(crate) fn with_globals(self, globals: BTreeMap<String, GivenGlobal>) -> Self {
        GrantedWorld { globals, ..self }
    }

    /// The datasets that were opened, and everything that was asked for.
    pub(crate) fn into_parts(self) -> (BTreeMap<String, Dataset>, Asked) {
        (self.datasets.into_inner(), self.asked.into_inner())
    }

    /// The limit that kept a dataset from being read, if one did.
    pub(crate) fn limit(&self) -> Option<LimitExceeded> {
        self.limit.get()
    }

    fn find_module(&self, name: &str) -> Option<(String, String)> {
        let base = name.replace('.', "/");
        for path in [format!("{base}.py"), format!("{base}/__init__.py")] {
            if let Ok(file) = self.grants.open(&path) {
                let mut text = String::new();
                if file.take(MAX_SOURCE + 1).read_to_string(&mut text).is_ok() {
                    return Some((path, text));
                }
            }
        }
        None
    }

    fn find_schema(&self, path: &str) -> Result<Arc<Schema>, SchemaProblem> {
        if let Some(known) = self.datasets.borrow().get(path) {
            return Ok(known.schema().clone());
        }
        match read_schema(self.grants, path, &mut self.ledger.borrow_mut()) {
            Ok((schema, dataset)) => {
                self.datasets.borrow_mut().insert(path.to_owned(), dataset);
                Ok(schema)
            }
            Err(error) => {
                if let DatasetError::Limit(limit) = &error {
                    self.limit.set(self.limit.get().or(Some(*limit)));
                }
                let denied = matches!(error, DatasetError::Access(AccessError::Denied { .. }));
                Err(SchemaProblem { denied, text: error.to_string() })
            }
        }
    }
}

impl World for GrantedWorld<'_> {
    fn module(&self, name: &str) -> Option<(String, String)> {
        let found = self.find_module(name);
        self.asked.borrow_mut().modules.insert(name.to_owned(), found.clone());
        found
    }

    fn globals(&self) -> BTreeMap<String, GivenGlobal> {
        self.globals.clone()
    }

    fn schema(&self, path: &str) -> Result<Arc<Schema>, SchemaProblem> {
        let found = self.find_schema(path);
        let fingerprint = found.as_ref().ok().map(|schema| schema.fingerprint());
        self.asked.borrow_mut().schemas.insert(path.to_owned(), fingerprint);
        found
    }
}

/// The library that is part of this build.
pub(crate) struct Stdlib;

impl Library for Stdlib {
    fn get(&self, path: &str) -> Option<&str> {
        ovenbird_stdlib::get(path)
    }

    fn is_package(&self, path: &str) -> bool {
        let prefix = format!("{path}/");
        let modules = ovenbird_stdlib::MODULES;
        let at = modules.partition_point(|(known, _)| *known < prefix.as_str());
        modules.get(at).is_some_and(|(known, _)| known.starts_with(&prefix))
    }
}
