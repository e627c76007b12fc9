//! Native code ↔ the same without its long runs of zeros, as small entries hold it.
//!
//! wasmtime begins each section of an image on a page of its own, so that it can be mapped, and most of an image of a
//! small function is what lies between. Small code is copied anyway, and so what is not stored need not be read and
//! authenticated.
//!
//! ```text
//! length of the code u64 | as often as needed: length n u32 | n bytes of code | number of zeros that follow them u32
//! ```
//!
//! Every run of at least [`MIN_RUN`] zeros is left out in full, and no shorter one, so that the same code gives the
//! same bytes. What is taken apart here was authenticated before; even so nothing is believed: neither length nor
//! number can make more than the largest entry of it, or anything but exactly what the first length says.

use std::ops::Range;

use crate::cache::entry::MAX_ENTRY;

/// Runs from this length on are left out. One costs eight bytes; most are either much shorter or hundreds long.
const MIN_RUN: usize = 64;
/// Zeros are looked for in blocks, of which every long run has one that is all zeros.
const BLOCK: usize = MIN_RUN / 2;
const ZEROS: [u8; BLOCK] = [0; BLOCK];

/// Code without its long runs of zeros; `None` if that saves less than an eighth.
pub(super) fn thin(code: &[u8]) -> Option<Vec<u8>> {
    let runs = long_runs(code);
    let left_out: usize = runs.iter().map(Range::len).sum();
    let size = code.len() - left_out + size_of::<u64>() + (runs.len() + 1) * 2 * size_of::<u32>();
    if size > code.len() - code.len() / 8 {
        return None;
    }
    let mut thin = Vec::with_capacity(size);
    thin.extend_from_slice(&(code.len() as u64).to_le_bytes());
    let mut from = 0;
    // The last piece has no zeros after it, and is not there if it is empty.
    for run in runs.into_iter().chain(std::iter::once(code.len()..code.len())) {
        let kept = &code[from..run.start];
        if !(kept.is_empty() && run.is_empty()) {
            thin.extend_from_slice(&u32::try_from(kept.len()).ok()?.to_le_bytes());
            thin.extend_from_slice(kept);
            thin.extend_from_slice(&u32::try_from(run.len()).ok()?.to_le_bytes());
        }
        from = run.end;
    }
    Some(thin)
}

/// All runs of at least `MIN_RUN` zeros, each as long as it can be.
fn long_runs(code: &[u8]) -> Vec<Range<usize>> {
    let mut runs = Vec::new();
    // Everything before this belongs to a run that is known, or to none.
    let mut from = 0;
    while let Some(blocks) = code[from..].as_chunks::<BLOCK>().0.iter().position(|block| *block == ZEROS) {
        let middle = from + blocks * BLOCK;
        let before = code[from..middle].iter().rev().take_while(|byte| **byte == 0).count();
        let whole =
            code[middle..].as_chunks::<BLOCK>().0.iter().take_while(|block| **block == ZEROS).count() * BLOCK;
        let after = code[middle + whole..].iter().take_while(|byte| **byte == 0).count();
        let run = middle - before..middle + whole + after;
        from = run.end;
        if run.len() >= MIN_RUN {
            runs.push(run);
        }
    }
    runs
}

/// How long the code is; `None` if these are not the bytes of any, or of more than an entry may hold.
pub(super) fn whole_len(thin: &[u8]) -> Option<usize> {
    let (len, mut rest) = thin.split_first_chunk()?;
    let len = u64::from_le_bytes(*len);
    if len > MAX_ENTRY {
        return None;
    }
    let mut found = 0_u64;
    while !rest.is_empty() {
        let (kept, zeros, after) = piece(rest)?;
        found = found.checked_add(kept.len() as u64)?.checked_add(zeros.into())?;
        rest = after;
    }
    (found == len).then_some(len as usize)
}

/// The code, of which `whole_len` has said how long it is.
pub(super) fn expand(thin: &[u8], len: usize) -> Vec<u8> {
    let mut code = Vec::with_capacity(len);
    let mut rest = thin.get(size_of::<u64>()..).unwrap_or_default();
    while let Some((kept, zeros, after)) = piece(rest) {
        code.extend_from_slice(kept);
        code.resize(code.len() + zeros as usize, 0);
        rest = after;
    }
    code
}

/// The first piece of code, how many zeros follow it, and what comes then.
fn piece(bytes: &[u8]) -> Option<(&[u8], u32, &[u8])> {
    let (len, rest) = bytes.split_first_chunk()?;
    let (kept, rest) = rest.split_at_checked(u32::from_le_bytes(*len) as usize)?;
    let (zeros, rest) = rest.split_first_chunk()?;
    Some((kept, u32::from_le_bytes(*zeros), rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Numbers that look random, always the same.
    struct Numbers(u64);

    impl Numbers {
        fn below(&mut self, most: usize) -> usize {
            self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (self.0 >> 33) as usize % most
        }
    }

    /// Zeros and other bytes in turn, in runs of up to `most`.
    fn code(numbers: &mut Numbers, most: usize) -> Vec<u8> {
        let mut code = Vec::new();
        for _ in 0..numbers.below(20) {
            let len = numbers.below(most);
            code.extend((0..len).map(|_| 1 + numbers.below(255) as u8));
            code.resize(code.len() + numbers.below(most), 0);
        }
        code
    }

    /// Pieces as they are in the bytes.
    fn pieces(thin: &[u8]) -> Vec<(usize, usize)> {
        let (mut pieces, mut rest) = (Vec::new(), &thin[8..]);
        while let Some((kept, zeros, after)) = piece(rest) {
            pieces.push((kept.len(), zeros as usize));
            rest = after;
        }
        pieces
    }

    fn expanded(thin: &[u8]) -> Option<Vec<u8>> {
        whole_len(thin).map(|len| expand(thin, len))
    }

    #[test]
    fn what_is_left_out_comes_back() {
        let mut numbers = Numbers(1);
        let mut seen = [0; 2];
        for round in 0..3000 {
            let code = code(&mut numbers, [3, 40, 70, 200, 1000][round % 5]);
            let thin = thin(&code);
            seen[usize::from(thin.is_some())] += 1;
            if let Some(thin) = thin {
                assert!(thin.len() <= code.len() - code.len() / 8);
                assert_eq!(expanded(&thin), Some(code), "round {round}");
            }
        }
        assert!(seen.iter().all(|count| *count > 300), "{seen:?}");
    }

    #[test]
    fn all_long_runs_are_left_out_and_no_others() {
        // At every place in a block, beside other runs.
        for before in 0..70 {
            for len in [31, 32, 33, 63, 64, 65, 95, 96, 97, 200] {
                let code =
                    [&vec![1; before], &vec![0; len][..], &[2], &[0; 63], &[3], &[0; 300], &[4]].concat();
                let wanted = if len < MIN_RUN {
                    vec![(before + len + 65, 300), (1, 0)]
                } else {
                    vec![(before, len), (65, 300), (1, 0)]
                };
                assert_eq!(pieces(&thin(&code).expect("it saves much")), wanted, "{before} {len}");
            }
        }
        assert_eq!(pieces(&thin(&[0; 1000]).expect("all")), [(0, 1000)]);
        assert_eq!(pieces(&thin(&[&[7; 9][..], &[0; 99]].concat()).expect("much")), [(9, 99)]);
    }

    #[test]
    fn what_saves_little_is_left_as_it_is() {
        // 8 bytes of length, and 8 for each of two pieces.
        let saving = |zeros: usize| thin(&[&vec![0; zeros][..], &vec![1; 800 - zeros]].concat());
        assert_eq!(saving(123), None);
        assert_eq!(saving(124).map(|thin| thin.len()), Some(700));
        for code in [&b""[..], b"code", &[1; 5000]] {
            assert_eq!(thin(code), None);
        }
    }

    #[test]
    fn no_shorter_or_longer_bytes_are_taken() {
        let code = [&[1; 50][..], &[0; 100], &[2; 10], &[0; 70], &[3; 5]].concat();
        let good = thin(&code).expect("much");
        for len in 0..good.len() {
            assert_eq!(whole_len(&good[..len]), None, "{len} bytes");
        }
        for more in [&[0][..], &[0; 7], &[1; 8], &[0, 0, 0, 0, 1, 0, 0, 0]] {
            assert_eq!(whole_len(&[&good, more].concat()), None, "{more:?}");
        }
    }

    #[test]
    fn a_changed_length_or_number_is_noticed_and_nothing_panics() {
        let code = [&[1; 50][..], &[0; 100], &[2; 10], &[0; 70], &[3; 5]].concat();
        let good = thin(&code).expect("much");
        for at in 0..good.len() {
            for bit in 0..8 {
                let mut bad = good.clone();
                bad[at] ^= 1 << bit;
                // Only bytes of the code itself can change without a length that does not fit any more: those are
                // the authentication code's matter.
                if let Some(found) = expanded(&bad) {
                    assert_eq!(found.len(), code.len());
                    let changed: Vec<_> = (0..code.len()).filter(|at| found[*at] != code[*at]).collect();
                    assert_eq!(changed.len(), 1, "byte {at}");
                    assert!(bad[at].abs_diff(good[at]) == 1 << bit && code[changed[0]] == good[at]);
                }
            }
        }
    }

    /// Without the comparison with `MAX_ENTRY`: a few bytes are expanded to many gigabytes.
    #[test]
    fn no_more_is_promised_than_an_entry_may_hold() {
        let zeros = |number: u64| [&number.to_le_bytes()[..], &[0; 4], &number.to_le_bytes()[..4]].concat();
        assert_eq!(whole_len(&zeros(MAX_ENTRY)), Some(MAX_ENTRY as usize));
        assert_eq!(whole_len(&zeros(MAX_ENTRY + 1)), None);
        assert_eq!(whole_len(&zeros(u64::from(u32::MAX))), None);
        assert_eq!(whole_len(&zeros(u64::MAX)), None);
        // As many as there can be.
        let all = [&(3 * u64::from(u32::MAX)).to_le_bytes()[..], &[0, 0, 0, 0, 255, 255, 255, 255].repeat(3)];
        assert_eq!(whole_len(&all.concat()), None);
    }

    /// Without `found == len`: what the entry says of its size is not what is loaded.
    #[test]
    fn the_length_is_exactly_what_comes_out() {
        for (len, fits) in [(9, false), (10, true), (11, false), (0, false)] {
            let bytes = [&[len, 0, 0, 0, 0, 0, 0, 0][..], &[3, 0, 0, 0], b"abc", &[7, 0, 0, 0]].concat();
            assert_eq!(whole_len(&bytes).is_some(), fits, "{len}");
        }
        assert_eq!(expanded(&[0; 8]), Some(Vec::new()));
    }
}
