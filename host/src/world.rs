//! Facts about the world for the compiler: neighbouring files, schemas, the library.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::io::Read;
use std::sync::Arc;

use ovenbird_compiler::abi::external::Functions;
use ovenbird_compiler::budget::{CompileBudget, CompileLimit, Exceeded};
use ovenbird_compiler::resolve::{GivenGlobal, Library, World};
use ovenbird_compiler::schema::{Schema, SchemaProblem};

use crate::cache::key::Digest;
use crate::compilation::Compilation;
use crate::external::table::HostModules;
use crate::grants::Grants;
use crate::io::Dataset;
use crate::limits::{LimitExceeded, Limits};
use crate::schemas::Schemas;

/// The granted directories as the compiler may see them.
pub(crate) struct GrantedWorld<'a> {
    grants: &'a Grants,
    globals: BTreeMap<String, GivenGlobal>,
    compilation: Compilation,
    hosts: HostModules,
    schemas: Schemas<'a>,
    asked: RefCell<Asked>,
}

/// The facts that a compilation asked for.
#[derive(Clone, Debug, Default)]
pub(crate) struct Asked {
    /// Modules by name: display name and text, if there was one.
    pub(crate) modules: BTreeMap<String, Option<(String, String)>>,
    /// Modules of the embedder by name: their functions, if there was one.
    pub(crate) hosts: BTreeMap<String, Option<Functions>>,
    /// Datasets by path: the schema's identity, if there was one.
    pub(crate) schemas: BTreeMap<String, Option<Digest>>,
}

impl<'a> GrantedWorld<'a> {
    pub(crate) fn new(grants: &'a Grants, limits: &Limits) -> Self {
        GrantedWorld {
            grants,
            globals: BTreeMap::new(),
            compilation: Compilation::start(&CompileBudget::default()),
            hosts: HostModules::default(),
            schemas: Schemas::new(grants, limits),
            asked: RefCell::default(),
        }
    }

    /// The same for a compilation, whose budget is asked for.
    pub(crate) fn under(self, compilation: Compilation) -> Self {
        GrantedWorld { compilation, ..self }
    }

    /// The same with globals that the host gives.
    pub(crate) fn with_globals(self, globals: BTreeMap<String, GivenGlobal>) -> Self {
        GrantedWorld { globals, ..self }
    }

    /// The same with modules of the embedder.
    pub(crate) fn with_host_modules(self, hosts: HostModules) -> Self {
        GrantedWorld { hosts, ..self }
    }

    /// The datasets that were opened, and everything that was asked for.
    pub(crate) fn into_parts(self) -> (BTreeMap<String, Dataset>, Asked) {
        (self.schemas.into_datasets(), self.asked.into_inner())
    }

    /// The limit that kept a dataset from being read, if one did.
    pub(crate) fn limit(&self) -> Option<LimitExceeded> {
        self.schemas.limit()
    }

    fn find_module(&self, name: &str) -> Option<(String, String)> {
        let base = name.replace('.', "/");
        // One byte more than is accepted, so that it is refused.
        let most = self.compilation.budget().allowed(CompileLimit::SourceBytes).saturating_add(1);
        for path in [format!("{base}.py"), format!("{base}/__init__.py")] {
            if let Ok(file) = self.grants.open(&path) {
                let mut text = String::new();
                if file.take(most).read_to_string(&mut text).is_ok() {
                    return Some((path, text));
                }
            }
        }
        None
    }
}

impl World for GrantedWorld<'_> {
    fn module(&self, name: &str) -> Option<(String, String)> {
        let found = self.find_module(name);
        self.asked.borrow_mut().modules.insert(name.to_owned(), found.clone());
        found
    }

    fn host_module(&self, name: &str) -> Option<Functions> {
        let found = self.hosts.functions(name);
        self.asked.borrow_mut().hosts.insert(name.to_owned(), found.clone());
        found
    }

    fn globals(&self) -> BTreeMap<String, GivenGlobal> {
        self.globals.clone()
    }

    fn budget(&self) -> CompileBudget {
        self.compilation.budget().clone()
    }

    fn took_memory(&self, bytes: u64) {
        self.compilation.took_memory(bytes);
    }

    fn stopped(&self) -> Option<Exceeded> {
        self.compilation.stopped()
    }

    fn schema(&self, path: &str) -> Result<Arc<Schema>, SchemaProblem> {
        let found = self.schemas.schema(path);
        let identity = found.as_ref().ok().map(|schema| schema.identity());
        self.asked.borrow_mut().schemas.insert(path.to_owned(), identity);
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
