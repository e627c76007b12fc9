//! DELTA_BINARY_PACKED: integers as differences in miniblocks of their own bit width.
//!
//! Like [`super::rle::Hybrid`], a [`Delta`] is a position in a page. It never allocates; the number
//! of values that a page claims is checked by the caller before anything is sized by it.

use super::DatasetError;
use super::rle::{bits, varint};

fn corrupt() -> DatasetError {
    DatasetError::Corrupt("a page has malformed differences".into())
}

/// A position in delta-encoded integers.
#[derive(Clone, Debug)]
pub(crate) struct Delta {
    at: usize,
    end: usize,
    per_mini: u64,
    minis: usize,
    /// Values still to come.
    left: u64,
    value: i64,
    first: bool,
    least: i64,
    widths: usize,
    mini: usize,
    mini_left: u64,
    width: u32,
    bit: usize,
}

impl Delta {
    /// Reads the header at `at`; at most `most` values may follow.
    pub(crate) fn new(data: &[u8], at: usize, end: usize, most: u64) -> Result<Self, DatasetError> {
        let mut at = at;
        let block = varint(data, &mut at, end)?;
        let minis = varint(data, &mut at, end)?;
        let left = varint(data, &mut at, end)?;
        let value = zigzag(varint(data, &mut at, end)?);
        if minis == 0
            || minis > 4096
            || block > 1 << 24
            || block % minis != 0
            || (block / minis) % 8 != 0
            || block == 0
        {
            return Err(corrupt());
        }
        if left > most {
            return Err(corrupt());
        }
        let minis_in_block = minis as usize;
        Ok(Self {
            at,
            end,
            per_mini: block / minis,
            minis: minis_in_block,
            left,
            value,
            first: true,
            least: 0,
            widths: at,
            mini: minis_in_block,
            mini_left: 0,
            width: 0,
            bit: 0,
        })
    }

    /// Values still to come.
    pub(crate) fn left(&self) -> u64 {
        self.left
    }

    /// Enters the next miniblock.
    fn next_mini(&mut self, data: &[u8]) -> Result<(), DatasetError> {
        if self.mini == self.minis {
            self.least = zigzag(varint(data, &mut self.at, self.end)?);
            self.widths = self.at;
            self.at += self.minis;
            self.mini = 0;
        }
        let width = *data.get(self.widths + self.mini).ok_or_else(corrupt)?;
        if width > 64 || self.at > self.end {
            return Err(corrupt());
        }
        self.width = u32::from(width);
        self.bit = self.at * 8;
        // The unused end of the last miniblock may be missing.
        let needed = self.per_mini.min(self.left) * u64::from(width);
        if needed.div_ceil(8) > (self.end - self.at) as u64 {
            return Err(corrupt());
        }
        let size = (self.per_mini * u64::from(width) / 8) as usize;
        self.at = (self.at + size).min(self.end);
        self.mini += 1;
        self.mini_left = self.per_mini;
        Ok(())
    }

    /// The next value.
    pub(crate) fn next(&mut self, data: &[u8]) -> Result<i64, DatasetError> {
        if self.left == 0 {
            return Err(corrupt());
        }
        if self.first {
            self.first = false;
            self.left -= 1;
            return Ok(self.value);
        }
        if self.mini_left == 0 {
            self.next_mini(data)?;
        }
        let delta = match self.width {
            0 => 0,
            width @ 1..=56 => bits(data, self.bit, width),
            width => bits(data, self.bit, 32) | bits(data, self.bit + 32, width - 32) << 32,
        };
        self.bit += self.width as usize;
        self.mini_left -= 1;
        self.left -= 1;
        self.value = self.value.wrapping_add(self.least).wrapping_add(delta as i64);
        Ok(self.value)
    }

    /// Where the encoded integers end, found from the miniblocks' widths alone.
    pub(crate) fn end_position(&self, data: &[u8]) -> Result<usize, DatasetError> {
        let mut probe = self.clone();
        probe.left = probe.left.saturating_sub(1);
        while probe.left > 0 {
            probe.next_mini(data)?;
            probe.left -= probe.left.min(probe.per_mini);
        }
        Ok(probe.at)
    }
}

fn zigzag(value: u64) -> i64 {
    (value >> 1) as i64 ^ -((value & 1) as i64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decodes_the_example_of_the_format() {
        // 1..=5: block 128, 4 miniblocks, 5 values, first 1; least difference 1, all widths 0.
        let data = [0x80, 0x01, 0x04, 0x05, 0x02, 0x02, 0, 0, 0, 0];
        let mut delta = Delta::new(&data, 0, data.len(), 5).unwrap();
        assert_eq!(delta.end_position(&data).unwrap(), data.len());
        let values: Vec<i64> = (0..5).map(|_| delta.next(&data).unwrap()).collect();
        assert_eq!(values, [1, 2, 3, 4, 5]);
        assert!(delta.next(&data).is_err());
    }

    /// Without `left > most` or `needed.div_ceil(8)` in `host/src/io/delta.rs`: a few bytes ask for billions of
    /// values.
    #[test]
    fn claims_beyond_the_page_are_refused() {
        let data = [0x80, 0x01, 0x04, 0xff, 0xff, 0xff, 0xff, 0x0f, 0x02];
        assert!(Delta::new(&data, 0, data.len(), 1000).is_err());
        let mut wide = Delta::new(&[0x80, 0x01, 0x04, 0x40, 0x02, 0x02, 60, 60, 60, 60], 0, 10, 64).unwrap();
        assert!((0..64).any(|_| wide.next(&[0x80, 0x01, 0x04, 0x40, 0x02, 0x02, 60, 60, 60, 60]).is_err()));
    }
}
