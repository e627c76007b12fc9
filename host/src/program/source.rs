//! What a program is made of: its text, the directories and modules that it may see, and the globals that the host gives.

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use crate::cache::key::{self, Digest};
use crate::external::HostModule;
use crate::external::table::HostModules;
use crate::grants::Grants;
use crate::limits::Limits;
use crate::value::Value;
use crate::world::GrantedWorld;

/// A program's text, and the directories in which it finds neighbouring modules and datasets at
/// compile time.
#[derive(Clone, Debug)]
pub struct Source {
    pub(super) name: String,
    pub(super) text: Arc<str>,
    /// Found when it is first asked for; clones share it.
    digest: Arc<OnceLock<Digest>>,
    pub(crate) grants: Grants,
    pub(super) globals: BTreeMap<String, Value>,
    pub(super) hosts: HostModules,
}

impl Source {
    /// A source by display name and text.
    pub fn new(name: impl Into<String>, text: impl Into<Arc<str>>) -> Self {
        Source {
            name: name.into(),
            text: text.into(),
            digest: Arc::default(),
            grants: Grants::none(),
            globals: BTreeMap::new(),
            hosts: HostModules::default(),
        }
    }

    /// Directories for `import` and for the schemas of datasets.
    #[must_use]
    pub fn grants(mut self, grants: Grants) -> Self {
        self.grants = grants;
        self
    }

    /// Gives a global of the program a value, in place of its own assignment, which must be the only one.
    /// [`Program::set_global`](crate::Program::set_global) changes it between calls.
    ///
    /// ```
    /// use ovenbird::{Engine, Source, Tenant, Value};
    ///
    /// let text = "RATE = 0.0\n\ndef taxed(price):\n    return price * (1.0 + RATE)\n";
    /// let source = Source::new("shop.py", text).global("RATE", Value::Float(0.5));
    /// let program = Engine::builder().build()?.compile(&source)?;
    /// let taxed = program.get::<fn(f64) -> f64>("taxed")?;
    /// assert_eq!(taxed.call(&Tenant::default(), (10.0,))?, 15.0);
    /// program.set_global("RATE", Value::Float(0.25));
    /// assert_eq!(taxed.call(&Tenant::default(), (10.0,))?, 12.5);
    /// # Ok::<(), ovenbird::Error>(())
    /// ```
    #[must_use]
    pub fn global(mut self, name: impl Into<String>, value: Value) -> Self {
        self.globals.insert(name.into(), value);
        self
    }

    /// Gives the program a module of functions to import: that is the grant. A tenant can be denied it by
    /// [`Grants::without_host_module`]. It comes before a file of the same name, and takes the place of a
    /// module of that name that was given before.
    #[must_use]
    pub fn host(mut self, module: HostModule) -> Self {
        self.hosts.insert(module);
        self
    }

    /// A module that the program was given.
    pub fn host_module(&self, name: &str) -> Option<&HostModule> {
        self.hosts.get(name)
    }

    /// All modules that the program was given.
    pub(crate) fn hosts(&self) -> &HostModules {
        &self.hosts
    }

    /// With these modules and no others.
    #[cfg(workers)]
    pub(crate) fn with_hosts(self, hosts: HostModules) -> Self {
        Source { hosts, ..self }
    }

    /// What the compiler may see.
    pub(crate) fn world(&self, limits: &Limits) -> GrantedWorld<'_> {
        GrantedWorld::new(&self.grants, limits).with_host_modules(self.hosts.clone())
    }

    /// The same under another name.
    #[must_use]
    pub fn named(mut self, name: impl Into<String>) -> Self {
        self.name = name.into();
        self
    }

    /// The display name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The text.
    pub fn text(&self) -> &str {
        &self.text
    }

    pub(crate) fn digest(&self) -> Digest {
        *self.digest.get_or_init(|| key::digest(self.text.as_bytes()))
    }

    pub(crate) fn shared_text(&self) -> Arc<str> {
        self.text.clone()
    }

    pub(crate) fn module(&self) -> &str {
        let file = self.name.rsplit('/').next().unwrap_or(&self.name);
        file.strip_suffix(".py").unwrap_or(file)
    }
}
