//! The artifact decoder: any bytes are an artifact that holds together, or an error.

use ovenbird_compiler::artifact::Artifact;
use ovenbird_tests::fuzz::fuzz;
use ovenbird_tests::seal::Entry;

use crate::{entries, project};

/// What decodes is whole: it encodes to itself, and every question about it has an answer.
fn check(bytes: &[u8]) {
    let Ok(artifact) = Artifact::decode(bytes) else { return };
    assert_eq!(artifact.validate(), Ok(()));
    assert_eq!(Artifact::decode(&artifact.encode()).as_ref(), Ok(&artifact));
    for offset in 0..artifact.wasm.len() as u32 + 2 {
        artifact.trap_at(offset);
        artifact.loc_at(offset);
    }
}

#[test]
fn any_bytes_are_a_whole_artifact_or_an_error() {
    let project = project();
    let seeds: Vec<Vec<u8>> =
        entries(&project, "wasm").iter().map(|path| Entry::read(path).payload).collect();
    fuzz(20_000, &seeds, check);
}
