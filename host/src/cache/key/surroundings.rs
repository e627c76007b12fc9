//! What all units of an engine have in common of their keys: options and fingerprints → one digest.
//!
//! A process asks for dozens of keys in which these fields are the same, so they are hashed once.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use ovenbird_compiler::{Options, abi};

use super::{Digest, Field, FieldKind};
use crate::key;

/// Surroundings whose digest is remembered: of both levels, and some more for who has engines with several options.
const KNOWN: usize = 8;

/// Everything about a build and an engine that decides what the compiler makes of a unit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Surroundings {
    /// Compiler options, as (name, value).
    pub options: Vec<(String, String)>,
    /// `ovenbird_stdlib`'s fingerprint.
    pub library_fingerprint: Digest,
    /// `abi::VERSION`.
    pub host_abi_version: u32,
    /// [`super::import_table_digest`].
    pub import_table: Digest,
    /// The build.
    pub build: Build,
}

/// How much of a build counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Build {
    /// The compiler: [`super::compiler_fingerprint`].
    Compiler(Digest),
    /// The host as well: [`super::build_fingerprint`].
    Whole(Digest),
}

impl Surroundings {
    /// Those of this build with these options.
    pub fn new(options: &Options, build: Build) -> Self {
        Surroundings {
            options: super::option_inputs(options),
            library_fingerprint: key::digest(ovenbird_stdlib::FINGERPRINT.as_bytes()),
            host_abi_version: abi::VERSION,
            import_table: super::import_table_digest(),
            build,
        }
    }

    pub(super) fn fields(&self) -> Vec<Field> {
        let Surroundings { options, library_fingerprint, host_abi_version, import_table, build } = self;
        let (name, fingerprint) = match build {
            Build::Compiler(fingerprint) => ("compiler", fingerprint),
            Build::Whole(fingerprint) => ("build", fingerprint),
        };
        let mut fields = vec![
            Field::opaque(FieldKind::Library, "library", *library_fingerprint),
            Field::text(FieldKind::Compiler, "host interface", host_abi_version.to_string()),
            Field::opaque(FieldKind::Compiler, "host functions", *import_table),
            Field::opaque(FieldKind::Compiler, name, *fingerprint),
        ];
        fields.extend(options.iter().map(|(name, value)| Field::text(FieldKind::Option, name, value)));
        fields
    }
}

/// The digest of all fields. The last answers are kept.
pub(super) fn digest(surroundings: &Arc<Surroundings>) -> Digest {
    static ANSWERS: Mutex<VecDeque<(Arc<Surroundings>, Digest)>> = Mutex::new(VecDeque::new());
    // Replaced whole, so a panic elsewhere cannot have left it half changed.
    let mut answers = ANSWERS.lock().unwrap_or_else(PoisonError::into_inner);
    // What someone holds cannot be changed, only copied.
    let is_it = |known: &Arc<Surroundings>| Arc::ptr_eq(known, surroundings) || known == surroundings;
    if let Some((_, digest)) = answers.iter().find(|(known, _)| is_it(known)) {
        return *digest;
    }
    let digest = key::surroundings(surroundings.fields());
    answers.truncate(KNOWN - 1);
    answers.push_front((Arc::clone(surroundings), digest));
    digest
}
