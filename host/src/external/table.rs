//! The modules that a program is given, by name: what the compiler is told of them, and what a unit's imports
//! are linked to. Types are compared before anything is linked.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use ovenbird_compiler::abi::external::External;
#[cfg(feature = "compiler")]
use ovenbird_compiler::abi::external::Functions;
use ovenbird_compiler::artifact::{Artifact, ExternalShape};

use super::{HostFunction, HostModule};

/// Something is wrong with a host function.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum HostFunctionError {
    /// Compiled code needs it, and it was not registered.
    Missing {
        /// `module.name`.
        function: String,
        /// The types that the code was compiled for.
        wanted: String,
    },
    /// It is registered with other types than the code was compiled for.
    OtherTypes {
        /// `module.name`.
        function: String,
        /// The types that the code was compiled for.
        wanted: String,
        /// The types that are registered.
        given: String,
    },
    /// It panicked. The panic's own text goes where the process sends panics, and not here.
    Panicked {
        /// `module.name`.
        function: String,
    },
}

impl fmt::Display for HostFunctionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            HostFunctionError::Missing { function, wanted } => {
                write!(f, "the host function `{function}{wanted}` is not registered")
            }
            HostFunctionError::OtherTypes { function, wanted, given } => {
                write!(
                    f,
                    "the host function `{function}` is registered as `{given}`, the code needs `{wanted}`"
                )
            }
            HostFunctionError::Panicked { function } => write!(f, "the host function `{function}` panicked"),
        }
    }
}

impl std::error::Error for HostFunctionError {}

/// The modules of one program. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub(crate) struct HostModules {
    by_name: Arc<BTreeMap<String, HostModule>>,
}

impl HostModules {
    /// Adds a module, in the place of one of the same name.
    pub(crate) fn insert(&mut self, module: HostModule) {
        Arc::make_mut(&mut self.by_name).insert(module.name().to_owned(), module);
    }

    /// What the compiler is told of all modules.
    #[cfg(feature = "compiler")]
    pub(crate) fn all(&self) -> BTreeMap<String, Functions> {
        self.by_name.iter().map(|(name, module)| (name.clone(), module.functions())).collect()
    }

    pub(crate) fn get(&self, name: &str) -> Option<&HostModule> {
        self.by_name.get(name)
    }

    /// What the compiler is told of a module.
    #[cfg(feature = "compiler")]
    pub(crate) fn functions(&self, name: &str) -> Option<Functions> {
        self.get(name).map(HostModule::functions)
    }

    /// The functions behind a unit's imports, in their order.
    pub(crate) fn link(&self, wanted: &[External]) -> Result<Vec<HostFunction>, HostFunctionError> {
        wanted.iter().map(|external| self.find(external)).collect()
    }

    fn find(&self, wanted: &External) -> Result<HostFunction, HostFunctionError> {
        let (function, types) = (wanted.path(), wanted.signature.types());
        let found = self.get(&wanted.module).and_then(|module| module.functions.get(&wanted.name));
        match found {
            None => Err(HostFunctionError::Missing { function, wanted: types }),
            // The cost is the registered one: it says what a call is worth here.
            Some(found) if !found.external.signature.same_types(&wanted.signature) => {
                let given = found.external.signature.types();
                Err(HostFunctionError::OtherTypes { function, wanted: types, given })
            }
            Some(found) => Ok(found.clone()),
        }
    }
}

/// Whether these are the functions that the artifact's wasm imports, as far as wasm can tell.
pub(crate) fn are_imports_of(externals: &[External], artifact: &Artifact) -> bool {
    let shapes = externals.iter().map(|external| ExternalShape::of(&external.signature));
    shapes.eq(artifact.externals.iter().cloned())
}
