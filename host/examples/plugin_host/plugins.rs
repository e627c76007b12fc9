//! The plug-ins that are loaded: files → functions, replaced one at a time and whole.

use std::collections::BTreeMap;
use std::fmt;
use std::fs::File;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::time::{Duration, Instant};

use ovenbird::{Engine, Error, Function, Limits, Outcome, Output, Source, Tenant};

use crate::offers::{self, Sink, Table};

/// What every plug-in must have under the name `transform`.
type Transform = fn(String) -> String;

/// Largest plug-in.
const MAX_SOURCE: u64 = 1 << 20;

pub(crate) struct Plugins {
    engine: Engine,
    limits: Limits,
    folder: PathBuf,
    /// What plug-ins may look up.
    table: Table,
    /// Where they log.
    sink: Sink,
    loaded: RwLock<BTreeMap<String, Arc<Plugin>>>,
    /// One file is loaded at a time, so that of two versions the newer one stays.
    loading: Mutex<()>,
}

/// One version of a plug-in. Who holds it can call it, also when a newer one is there.
pub(crate) struct Plugin {
    transform: Function<Transform>,
    tenant: Tenant,
    text: String,
}

impl Plugin {
    /// Calls it; the outcome has what that used, host functions included.
    pub(crate) fn call(&self, text: &str) -> Outcome<String> {
        self.transform.call_with(&self.tenant, (text.to_owned(),), Output::Discard)
    }
}

/// What became of a file.
pub(crate) enum Change {
    /// It is loaded, for the first time or in the place of an older version.
    Loaded { name: String, from: &'static str, took: Duration },
    /// Its text is what is loaded.
    Unchanged { name: String },
    /// It is gone, and so is the plug-in.
    Removed { name: String },
    /// It is broken. What was loaded before stays, if there was something.
    Broken { name: String, kept: bool, why: Error },
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Change::Loaded { name, from, took } => {
                write!(f, "{name}: loaded ({from}, {:.1} ms)", took.as_secs_f64() * 1e3)
            }
            Change::Unchanged { name } => write!(f, "{name}: unchanged"),
            Change::Removed { name } => write!(f, "{name}: removed"),
            Change::Broken { name, kept, why } => {
                let kept = if *kept { "the version before stays" } else { "not loaded" };
                write!(f, "{name}: {kept}\n{why}")
            }
        }
    }
}

/// The plug-in that a file is, by its name; `None` for other files.
pub(crate) fn name_of(path: &Path) -> Option<&str> {
    let name = path.file_name()?.to_str()?.strip_suffix(".py")?;
    (!name.is_empty() && !name.starts_with('.')).then_some(name)
}

impl Plugins {
    pub(crate) fn new(engine: Engine, limits: Limits, folder: PathBuf, table: Table, sink: Sink) -> Self {
        let (loaded, loading) = (RwLock::default(), Mutex::new(()));
        Plugins { engine, limits, folder, table, sink, loaded, loading }
    }

    /// Loads every plug-in of the folder, and drops those that are gone.
    pub(crate) fn reload_all(&self) -> io::Result<Vec<Change>> {
        let mut names = self.names();
        for entry in std::fs::read_dir(&self.folder)? {
            names.extend(name_of(&entry?.path()).map(str::to_owned));
        }
        names.sort();
        names.dedup();
        Ok(names.iter().map(|name| self.reload(name)).collect())
    }

    /// Loads what is in a plug-in's file now.
    pub(crate) fn reload(&self, name: &str) -> Change {
        let started = Instant::now();
        let _one_at_a_time = self.loading.lock().unwrap_or_else(PoisonError::into_inner);
        let old = self.get(name);
        let (name, kept) = (name.to_owned(), old.is_some());
        let text = match self.read(&name) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                self.put(&name, None);
                return Change::Removed { name };
            }
            Err(error) => {
                let why = Error::Io(format!("cannot read the plug-in: {}", error.kind()));
                return Change::Broken { name, kept, why };
            }
        };
        if old.is_some_and(|old| old.text == text) {
            return Change::Unchanged { name };
        }
        match self.compile(&name, text) {
            Ok(plugin) => {
                let from = plugin.transform.dynamic().info().provenance.name();
                self.put(&name, Some(Arc::new(plugin)));
                Change::Loaded { name, from, took: started.elapsed() }
            }
            Err(why) => Change::Broken { name, kept, why },
        }
    }

    fn read(&self, name: &str) -> io::Result<String> {
        let file = File::open(self.folder.join(format!("{name}.py")))?;
        let mut text = String::new();
        file.take(MAX_SOURCE + 1).read_to_string(&mut text)?;
        Ok(text)
    }

    /// A version that is ready to be called. Everything that can fail happens here, before anything is replaced:
    /// also that it imports a function which the host does not have, or calls one with other types.
    fn compile(&self, name: &str, text: String) -> Result<Plugin, Error> {
        let app = offers::module(name, &self.table, &self.sink)?;
        let source = Source::new(format!("{name}.py"), text.clone()).host(app);
        let transform = self.engine.compile(&source)?.get::<Transform>("transform")?;
        let tenant = Tenant::named(name).limits(self.limits.clone());
        Ok(Plugin { transform, tenant, text })
    }

    /// The version that is loaded now.
    pub(crate) fn get(&self, name: &str) -> Option<Arc<Plugin>> {
        self.loaded.read().unwrap_or_else(PoisonError::into_inner).get(name).cloned()
    }

    fn put(&self, name: &str, plugin: Option<Arc<Plugin>>) {
        let mut loaded = self.loaded.write().unwrap_or_else(PoisonError::into_inner);
        match plugin {
            Some(plugin) => loaded.insert(name.to_owned(), plugin),
            None => loaded.remove(name),
        };
    }

    /// Calls a plug-in; `None` if there is none of this name. No lock is held during the call.
    pub(crate) fn call(&self, name: &str, text: &str) -> Option<Outcome<String>> {
        Some(self.get(name)?.call(text))
    }

    pub(crate) fn names(&self) -> Vec<String> {
        self.loaded.read().unwrap_or_else(PoisonError::into_inner).keys().cloned().collect()
    }
}
