//! Mutation of real inputs: seeds → as many changed copies as wanted, the same on every machine.
//!
//! A target is a function that takes bytes and panics if something is wrong. In a usual test run each gets
//! the rounds that take about a second; `OVENBIRD_FUZZ=100000` gives every target that many,
//! `OVENBIRD_FUZZ_SECONDS=3600` all that fit into an hour, and `OVENBIRD_FUZZ_SEED` others. `tests/stress/fuzz.sh`
//! runs all targets for long. What made a target fail is left in a file, whose name is printed.

use std::time::{Duration, Instant};

use crate::random::{Rng, rounds};

/// Numbers that lengths and indices like to go wrong at.
const EDGES: [u64; 10] =
    [0, 1, 0x7f, 0x80, 0xff, 0xffff, 0x7fff_ffff, 0xffff_ffff, 0x7fff_ffff_ffff_ffff, u64::MAX];

/// Calls `check` with mutations of the seeds: `usual` times, or as often or as long as the environment says.
pub fn fuzz(usual: u64, seeds: &[Vec<u8>], mut check: impl FnMut(&[u8])) {
    assert!(!seeds.is_empty(), "nothing to mutate");
    let mut rng = Rng::new(rounds("OVENBIRD_FUZZ_SEED", 1));
    for seed in seeds {
        check(seed);
    }
    let (started, most) = (Instant::now(), rounds("OVENBIRD_FUZZ", usual));
    let seconds = Duration::from_secs(rounds("OVENBIRD_FUZZ_SECONDS", 0));
    let is_over = |round| if seconds.is_zero() { round >= most } else { started.elapsed() >= seconds };
    let mut round = 0;
    while !is_over(round) {
        let mut input = Input(seeds[rng.below(seeds.len())].clone());
        for _ in 0..1 + rng.below(4) {
            mutate(&mut rng, &mut input.0, seeds);
        }
        check(&input.0);
        round += 1;
    }
    if !seconds.is_zero() {
        eprintln!("{}: {round} rounds", std::thread::current().name().unwrap_or("a target"));
    }
}

/// Bytes that are kept if the target fails with them.
struct Input(Vec<u8>);

impl Drop for Input {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let name = format!("ovenbird-fuzz-{}", &blake3::hash(&self.0).to_hex()[..16]);
            let path = std::env::temp_dir().join(name);
            match std::fs::write(&path, &self.0) {
                Ok(()) => eprintln!("the input is in {}", path.display()),
                Err(error) => eprintln!("the input cannot be kept: {error}"),
            }
        }
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
