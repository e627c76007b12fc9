//! A folder with files, the programs in it, and a cache beside it; as a user's project on disk.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use cap_std::ambient_authority;
use cap_std::fs::Dir;
use ovenbird::cache::{Mode, Secret};
use ovenbird::{Cache, CacheOptions, Engine, Error, Grants, Limits, Output, Program, Source, Tenant, Value};

/// The secret of every project's cache.
pub const SECRET: [u8; 32] = [7; 32];

/// Grants a directory for relative paths.
pub fn grants(directory: &Path) -> Grants {
    let dir = Dir::open_ambient_dir(directory, ambient_authority()).expect("the directory can be opened");
    Grants::none().clock(true).dir(dir, "")
}

/// A project folder that disappears with the value.
pub struct Project {
    folder: tempfile::TempDir,
    cache: PathBuf,
    events: Arc<Mutex<Vec<String>>>,
}

impl Project {
    /// A project with these files.
    pub fn new(files: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        std::fs::create_dir(folder.path().join("files")).expect("a folder");
        let cache = folder.path().join("cache");
        let project = Project { folder, cache, events: Arc::default() };
        for (name, text) in files {
            project.write(name, text);
        }
        project
    }

    /// Writes a file, also over an old one.
    pub fn write(&self, name: &str, text: &str) {
        let path = self.path(name);
        std::fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
        std::fs::write(path, text).expect("the file can be written");
    }

    /// Path of a project file.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join("files").join(name)
    }

    /// Where the cache is.
    pub fn cache_dir(&self) -> &Path {
        &self.cache
    }

    /// Moves the cache.
    pub fn move_cache(&mut self) {
        let to = self.folder.path().join("elsewhere/deep/cache");
        std::fs::create_dir_all(to.parent().expect("a parent")).expect("a folder");
        std::fs::rename(&self.cache, &to).expect("the cache can be moved");
        self.cache = to;
    }

    /// What the cache was told to open with.
    pub fn cache_options(&self) -> CacheOptions {
        let events = Arc::clone(&self.events);
        CacheOptions {
            mode: Mode::ReadWrite,
            dir: Some(self.cache.clone()),
            secret: Some(Secret::from_bytes(SECRET)),
            on_event: Some(Arc::new(move |event| {
                events.lock().unwrap_or_else(PoisonError::into_inner).push(event.to_string());
            })),
            ..CacheOptions::default()
        }
    }

    /// What the cache said since the last call, each as a line without the changing parts of paths.
    pub fn events(&self) -> Vec<String> {
        let mut events = self.events.lock().unwrap_or_else(PoisonError::into_inner);
        let root = self.cache.display().to_string();
        events.drain(..).map(|event| event.replace(&root, "CACHE")).collect()
    }

    /// An engine as another process would make it: nothing is remembered but what the cache holds. It has
    /// no direct path, so that each level is asked.
    pub fn engine(&self) -> Engine {
        let engine = Engine::builder().cache(Cache::open(self.cache_options())).probes(false);
        engine.build().expect("the engine can be made")
    }

    /// A file as a program.
    pub fn program(&self, engine: &Engine, name: &str) -> Program {
        self.try_program(engine, name).expect("the program can be parsed")
    }

    /// A file as a program, or why it is none.
    pub fn try_program(&self, engine: &Engine, name: &str) -> Result<Program, Error> {
        let text = std::fs::read_to_string(self.path(name)).expect("the file can be read");
        engine.compile(&Source::new(name, text).grants(self.grants()))
    }

    /// Grants of the project's folder.
    pub fn grants(&self) -> Grants {
        grants(&self.folder.path().join("files"))
    }

    /// A tenant who may see the project.
    pub fn tenant(&self) -> Tenant {
        Tenant::default().grants(self.grants()).limits(Limits::default())
    }

    /// An engine with the direct path, as users have it, with a cache of its own.
    pub fn direct_engine(&self) -> Engine {
        let dir = self.folder.path().join("cache of scripts");
        let options = CacheOptions { dir: Some(dir), on_event: None, ..self.cache_options() };
        Engine::builder().cache(Cache::open(options)).build().expect("the engine can be made")
    }

    /// Runs a file as a script in a new process, so to speak: what it printed, and how it was made. An
    /// engine that keeps whole scripts runs it too, and must give the same.
    #[track_caller]
    pub fn run(&self, name: &str) -> Run {
        let run = self.run_with(&self.engine(), name);
        let direct = self.run_with(&self.direct_engine(), name);
        assert_eq!(direct.printed, run.printed, "printed by the script as it was kept whole");
        let shown = |run: &Run| run.result.as_ref().map_err(ToString::to_string).cloned();
        assert_eq!(shown(&direct), shown(&run), "result of the script as it was kept whole");
        run
    }

    /// Runs a file as a script.
    pub fn run_with(&self, engine: &Engine, name: &str) -> Run {
        let outcome = self.program(engine, name).run(&self.tenant(), Output::Capture(Vec::new()));
        let printed = String::from_utf8_lossy(outcome.output.captured()).into_owned();
        let units = outcome
            .units
            .iter()
            .map(|u| (u.label.clone(), u.provenance.name(), u.provenance.reason().unwrap_or_default()))
            .collect();
        Run {
            printed,
            result: outcome.result,
            units,
            compiles: engine.compiles(),
            natives: engine.native_compiles(),
            stats: engine.cache().stats(),
        }
    }
}

/// What a run showed.
pub struct Run {
    /// Printed text.
    pub printed: String,
    /// How it ended.
    pub result: Result<Value, Error>,
    /// (label, where from, why) of each unit.
    pub units: Vec<(String, &'static str, String)>,
    /// Units compiled to wasm.
    pub compiles: u64,
    /// Modules compiled to native code.
    pub natives: u64,
    /// The cache's counts.
    pub stats: ovenbird::cache::Stats,
}

impl Run {
    /// Where a unit came from, and why.
    #[track_caller]
    pub fn unit(&self, label: &str) -> (&'static str, &str) {
        match self.units.iter().find(|unit| unit.0 == label) {
            Some((_, from, why)) => (from, why),
            None => panic!(
                "no unit {label} in {:?}; the run ended with {:?}",
                self.units,
                self.result.as_ref().err()
            ),
        }
    }

    /// Fails unless the run printed this.
    #[track_caller]
    pub fn prints(&self, wanted: &str) -> &Self {
        if let Err(error) = &self.result {
            panic!("{error}");
        }
        assert_eq!(self.printed, wanted);
        self
    }

    /// Fails unless nothing was compiled.
    #[track_caller]
    pub fn hits(&self) -> &Self {
        assert_eq!((self.compiles, self.natives), (0, 0), "{:?}", self.units);
        self
    }
}
