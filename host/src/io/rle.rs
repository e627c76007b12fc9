//! The hybrid of run-length and bit-packed runs: definition levels, dictionary indices, booleans.
//!
//! A [`Hybrid`] is a position in a page, not a borrow of it, so that it can live beside the page's
//! buffer. All reads are bounded by `end`.

use super::DatasetError;

fn corrupt() -> DatasetError {
    DatasetError::Corrupt("a page ends before its values do".into())
}

/// Reads an unsigned varint of at most 64 bits and moves past it.
pub(crate) fn varint(data: &[u8], at: &mut usize, end: usize) -> Result<u64, DatasetError> {
    let mut value = 0u64;
    for shift in (0..64).step_by(7) {
        let byte = *data.get(..end).and_then(|data| data.get(*at)).ok_or_else(corrupt)?;
        *at += 1;
        value |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Ok(value);
        }
    }
    Err(corrupt())
}

/// The `width` (at most 56) bits at a bit position; zeros beyond the end.
#[inline]
pub(crate) fn bits(data: &[u8], bit: usize, width: u32) -> u64 {
    let (byte, shift) = (bit >> 3, bit & 7);
    let word = match data.get(byte..byte + 8) {
        Some(word) => {
            u64::from_le_bytes([word[0], word[1], word[2], word[3], word[4], word[5], word[6], word[7]])
        }
        None => {
            let tail = data.get(byte..).unwrap_or(&[]);
            tail.iter().rev().fold(0, |word, byte| word << 8 | u64::from(*byte))
        }
    };
    (word >> shift) & ((1u64 << width) - 1)
}

/// A position in hybrid-encoded values of `width` bits.
#[derive(Clone, Debug)]
pub(crate) struct Hybrid {
    at: usize,
    end: usize,
    width: u32,
    repeats: u64,
    value: u32,
    packed: u64,
    bit: usize,
}

impl Hybrid {
    /// Values of `width` bits (at most 32) in `at..end`.
    pub(crate) fn new(at: usize, end: usize, width: u8) -> Result<Self, DatasetError> {
        if width > 32 || at > end {
            return Err(DatasetError::Corrupt("a page has values of more than 32 bits".into()));
        }
        Ok(Self { at, end, width: u32::from(width), repeats: 0, value: 0, packed: 0, bit: 0 })
    }

    /// Reads the head of the next run.
    fn next_run(&mut self, data: &[u8]) -> Result<(), DatasetError> {
        let head = varint(data, &mut self.at, self.end)?;
        let count = head >> 1;
        if head & 1 == 1 {
            self.bit = self.at * 8;
            let left = (self.end - self.at) as u64;
            let bytes = count.saturating_mul(u64::from(self.width));
            // The padding of the last group may be missing.
            self.packed = count.saturating_mul(8);
            if bytes > left {
                self.packed = left * 8 / u64::from(self.width);
                self.at = self.end;
            } else {
                self.at += bytes as usize;
            }
        } else {
            let bytes = self.width.div_ceil(8) as usize;
            let value = data.get(self.at..(self.at + bytes).min(self.end)).filter(|v| v.len() == bytes);
            self.value =
                value.ok_or_else(corrupt)?.iter().rev().fold(0, |value, byte| value << 8 | u32::from(*byte));
            self.at += bytes;
            self.repeats = count;
        }
        Ok(())
    }

    /// Fills `out` with values.
    pub(crate) fn read(&mut self, data: &[u8], out: &mut [u32]) -> Result<(), DatasetError> {
        let data = data.get(..self.end).ok_or_else(corrupt)?;
        let mut done = 0;
        while done < out.len() {
            let left = (out.len() - done) as u64;
            if self.repeats > 0 {
                let count = self.repeats.min(left) as usize;
                out[done..done + count].fill(self.value);
                self.repeats -= count as u64;
                done += count;
            } else if self.packed > 0 {
                let count = self.packed.min(left) as usize;
                self.unpack(data, &mut out[done..done + count]);
                done += count;
            } else {
                self.next_run(data)?;
            }
        }
        Ok(())
    }

    fn unpack(&mut self, data: &[u8], out: &mut [u32]) {
        for value in out.iter_mut() {
            *value = bits(data, self.bit, self.width) as u32;
            self.bit += self.width as usize;
        }
        self.packed -= out.len() as u64;
    }

    /// Fills `out` with one-bit values as bytes; returns how many are 1.
    pub(crate) fn read_flags(&mut self, data: &[u8], out: &mut [u8]) -> Result<usize, DatasetError> {
        let data = data.get(..self.end).ok_or_else(corrupt)?;
        let (mut done, mut ones) = (0, 0);
        while done < out.len() {
            let left = (out.len() - done) as u64;
            if self.repeats > 0 {
                let count = self.repeats.min(left) as usize;
                if self.value > 1 {
                    return Err(DatasetError::Corrupt("a page has a level out of range".into()));
                }
                out[done..done + count].fill(self.value as u8);
                ones += count * self.value as usize;
                self.repeats -= count as u64;
                done += count;
            } else if self.packed > 0 {
                let count = self.packed.min(left) as usize;
                for flag in &mut out[done..done + count] {
                    *flag = bits(data, self.bit, 1) as u8;
                    ones += usize::from(*flag);
                    self.bit += 1;
                }
                self.packed -= count as u64;
                done += count;
            } else {
                self.next_run(data)?;
            }
        }
        Ok(ones)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_and_packed_groups_alternate() {
        // 4 times 5 (3 bits), then one group of 0..=7.
        let data = [0x08, 0x05, 0x03, 0x88, 0xc6, 0xfa];
        let mut out = [0u32; 12];
        Hybrid::new(0, data.len(), 3).unwrap().read(&data, &mut out).unwrap();
        assert_eq!(out, [5, 5, 5, 5, 0, 1, 2, 3, 4, 5, 6, 7]);
    }

    #[test]
    fn short_and_hostile_input_is_an_error() {
        for data in [&[][..], &[0x08], &[0x03], &[0xff; 30], &[0x00; 30]] {
            let mut out = [0u32; 1000];
            assert!(Hybrid::new(0, data.len(), 17).unwrap().read(data, &mut out).is_err(), "{data:?}");
        }
        assert!(Hybrid::new(0, 4, 33).is_err());
        let mut flags = [0u8; 9];
        assert!(Hybrid::new(0, 2, 1).unwrap().read_flags(&[0x10, 0x02], &mut flags).is_err());
    }
}
