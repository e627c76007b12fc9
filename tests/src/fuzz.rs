//! Mutation of real inputs: seeds → as many changed copies as wanted, the same on every machine.
//!
//! A target is a function that takes bytes and panics if something is wrong. In a usual test run each gets
//! the rounds that take about a second; `OVENBIRD_FUZZ=100000` gives every target that many, and
//! `OVENBIRD_FUZZ_SEED` others.

use crate::random::{Rng, rounds};

/// Numbers that lengths and indices like to go wrong at.
const EDGES: [u64; 10] =
    [0, 1, 0x7f, 0x80, 0xff, 0xffff, 0x7fff_ffff, 0xffff_ffff, 0x7fff_ffff_ffff_ffff, u64::MAX];

/// Calls `check` with mutations of the seeds: `usual` times, or as often as the environment says.
pub fn fuzz(usual: u64, seeds: &[Vec<u8>], mut check: impl FnMut(&[u8])) {
    assert!(!seeds.is_empty(), "nothing to mutate");
    let mut rng = Rng::new(rounds("OVENBIRD_FUZZ_SEED", 1));
    for seed in seeds {
        check(seed);
    }
    for _ in 0..rounds("OVENBIRD_FUZZ", usual) {
        let mut bytes = seeds[rng.below(seeds.len())].clone();
        for _ in 0..1 + rng.below(4) {
            mutate(&mut rng, &mut bytes, seeds);
        }
        check(&bytes);
    }
}

fn mutate(rng: &mut Rng, bytes: &mut Vec<u8>, seeds: &[Vec<u8>]) {
    if bytes.is_empty() {
        bytes.push(rng.bits() as u8);
        return;
    }
    let at = rng.below(bytes.len());
    match rng.below(9) {
        0 | 1 => bytes[at] ^= 1 << rng.below(8),
        2 => bytes[at] = rng.bits() as u8,
        3 => {
            let edge = EDGES[rng.below(EDGES.len())].to_le_bytes();
            let len = [1, 2, 4, 8][rng.below(4)].min(bytes.len() - at);
            bytes[at..at + len].copy_from_slice(&edge[..len]);
        }
        4 => bytes.truncate(at),
        5 => {
            let len = (1 + rng.below(16)).min(bytes.len() - at);
            bytes.drain(at..at + len);
        }
        6 => {
            let len = (1 + rng.below(16)).min(bytes.len() - at);
            let copy = bytes[at..at + len].to_vec();
            bytes.splice(at..at, copy);
        }
        7 => {
            // A piece of another seed in the same place.
            let other = &seeds[rng.below(seeds.len())];
            let end = (at + 1 + rng.below(64)).min(other.len()).min(bytes.len());
            if at < end {
                bytes[at..end].copy_from_slice(&other[at..end]);
            }
        }
        _ => {
            let more = (0..1 + rng.below(8)).map(|_| rng.bits() as u8).collect::<Vec<_>>();
            bytes.extend(more);
        }
    }
}
