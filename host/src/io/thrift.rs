//! A reader of the Thrift compact protocol over a byte slice, for Parquet's footer and page headers.
//!
//! It builds no tree and allocates nothing: callers pull the fields they know and skip the rest.
//! Every length is checked against the bytes that are left before it is used, and nesting is
//! bounded, so hostile input costs at most one pass over it.

/// The input is not well-formed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Malformed {
    /// The slice ended too early; a longer one might do.
    End,
    /// No continuation can make it right.
    Bad,
}

type Result<T> = std::result::Result<T, Malformed>;

/// Nesting below a skipped field; Parquet itself needs six.
const MAX_DEPTH: u32 = 24;

/// Wire types of fields and list elements.
pub(crate) mod wire {
    pub(crate) const TRUE: u8 = 1;
    pub(crate) const FALSE: u8 = 2;
    pub(crate) const BYTE: u8 = 3;
    pub(crate) const I16: u8 = 4;
    pub(crate) const I32: u8 = 5;
    pub(crate) const I64: u8 = 6;
    pub(crate) const DOUBLE: u8 = 7;
    pub(crate) const BINARY: u8 = 8;
    pub(crate) const LIST: u8 = 9;
    pub(crate) const SET: u8 = 10;
    pub(crate) const MAP: u8 = 11;
    pub(crate) const STRUCT: u8 = 12;
    pub(crate) const UUID: u8 = 13;
}

/// One field of a struct: its number and wire type.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Field {
    pub(crate) id: i16,
    pub(crate) wire: u8,
}

/// A position in the input.
#[derive(Clone, Debug)]
pub(crate) struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Reader<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, at: 0 }
    }

    /// Bytes consumed.
    pub(crate) fn position(&self) -> usize {
        self.at
    }

    fn left(&self) -> usize {
        self.bytes.len() - self.at
    }

    fn byte(&mut self) -> Result<u8> {
        let byte = *self.bytes.get(self.at).ok_or(Malformed::End)?;
        self.at += 1;
        Ok(byte)
    }

    fn take(&mut self, len: u64) -> Result<&'a [u8]> {
        let len = usize::try_from(len).map_err(|_| Malformed::Bad)?;
        if len > self.left() {
            return Err(Malformed::End);
        }
        let slice = &self.bytes[self.at..self.at + len];
        self.at += len;
        Ok(slice)
    }

    fn varint(&mut self) -> Result<u64> {
        let mut value = 0u64;
        for shift in (0..70).step_by(7) {
            let byte = self.byte()?;
            let bits = u64::from(byte & 0x7f);
            if shift == 63 && bits > 1 {
                return Err(Malformed::Bad);
            }
            value |= bits << shift;
            if byte & 0x80 == 0 {
                return Ok(value);
            }
        }
        Err(Malformed::Bad)
    }

    fn zigzag(&mut self) -> Result<i64> {
        let value = self.varint()?;
        Ok((value >> 1) as i64 ^ -((value & 1) as i64))
    }

    /// The next field of a struct, or `None` at its end. `last` is the previous field's number.
    pub(crate) fn field(&mut self, last: &mut i16) -> Result<Option<Field>> {
        let byte = self.byte()?;
        let wire = byte & 0x0f;
        if wire == 0 {
            return Ok(None);
        }
        let delta = i16::from(byte >> 4);
        let id = if delta == 0 {
            i16::try_from(self.zigzag()?).map_err(|_| Malformed::Bad)?
        } else {
            last.checked_add(delta).ok_or(Malformed::Bad)?
        };
        *last = id;
        Ok(Some(Field { id, wire }))
    }

    /// An integer field of any width.
    pub(crate) fn int(&mut self, field: Field) -> Result<i64> {
        match field.wire {
            wire::BYTE => Ok(i64::from(self.byte()? as i8)),
            wire::I16 | wire::I32 | wire::I64 => self.zigzag(),
            _ => Err(Malformed::Bad),
        }
    }

    /// An integer field that must fit 32 bits.
    pub(crate) fn int32(&mut self, field: Field) -> Result<i32> {
        i32::try_from(self.int(field)?).map_err(|_| Malformed::Bad)
    }

    /// A boolean field: its value is its wire type.
    pub(crate) fn bool(&mut self, field: Field) -> Result<bool> {
        match field.wire {
            wire::TRUE => Ok(true),
            wire::FALSE => Ok(false),
            _ => Err(Malformed::Bad),
        }
    }

    /// A string or binary field.
    pub(crate) fn binary(&mut self, field: Field) -> Result<&'a [u8]> {
        if field.wire != wire::BINARY {
            return Err(Malformed::Bad);
        }
        let len = self.varint()?;
        self.take(len)
    }

    /// The head of a list field: wire type of the elements and their number, which is at most the
    /// number of bytes left (every element takes at least one).
    pub(crate) fn list(&mut self, field: Field) -> Result<(u8, usize)> {
        if field.wire != wire::LIST && field.wire != wire::SET {
            return Err(Malformed::Bad);
        }
        let head = self.byte()?;
        let count = match head >> 4 {
            15 => usize::try_from(self.varint()?).map_err(|_| Malformed::Bad)?,
            small => usize::from(small),
        };
        if count > self.left() {
            return Err(Malformed::End);
        }
        Ok((head & 0x0f, count))
    }

    /// Enters a struct field; the caller then pulls its fields.
    pub(crate) fn enter(&self, field: Field) -> Result<()> {
        if field.wire == wire::STRUCT { Ok(()) } else { Err(Malformed::Bad) }
    }

    /// Skips the value of a field.
    pub(crate) fn skip(&mut self, field: Field) -> Result<()> {
        match field.wire {
            wire::TRUE | wire::FALSE => Ok(()),
            wire => self.skip_value(wire, MAX_DEPTH),
        }
    }

    /// Skips one value in a list or the rest of a field.
    fn skip_value(&mut self, wire: u8, depth: u32) -> Result<()> {
        let depth = depth.checked_sub(1).ok_or(Malformed::Bad)?;
        match wire {
            wire::TRUE | wire::FALSE | wire::BYTE => self.byte().map(|_| ()),
            wire::I16 | wire::I32 | wire::I64 => self.varint().map(|_| ()),
            wire::DOUBLE => self.take(8).map(|_| ()),
            wire::UUID => self.take(16).map(|_| ()),
            wire::BINARY => {
                let len = self.varint()?;
                self.take(len).map(|_| ())
            }
            wire::LIST | wire::SET => {
                let (element, count) = self.list(Field { id: 0, wire })?;
                (0..count).try_for_each(|_| self.skip_value(element, depth))
            }
            wire::MAP => {
                let count = self.varint()?;
                if count == 0 {
                    return Ok(());
                }
                let kinds = self.byte()?;
                for _ in 0..count {
                    self.skip_value(kinds >> 4, depth)?;
                    self.skip_value(kinds & 0x0f, depth)?;
                }
                Ok(())
            }
            wire::STRUCT => {
                let mut last = 0;
                while let Some(field) = self.field(&mut last)? {
                    if !matches!(field.wire, wire::TRUE | wire::FALSE) {
                        self.skip_value(field.wire, depth)?;
                    }
                }
                Ok(())
            }
            _ => Err(Malformed::Bad),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Without `count > self.left()` or `depth.checked_sub(1)` in `host/src/io/thrift.rs`: ten bytes are two billion
    /// structs, or the stack overflows.
    #[test]
    fn endless_lists_and_deep_nesting_are_refused() {
        // A list that claims 2^31 structs in ten bytes.
        let mut reader = Reader::new(&[0xfc, 0xff, 0xff, 0xff, 0xff, 0x07, 0, 0, 0, 0]);
        assert!(reader.list(Field { id: 1, wire: wire::LIST }).is_err());
        // Lists of lists without end.
        let deep = vec![0x19u8; 100_000];
        assert!(Reader::new(&deep).skip(Field { id: 1, wire: wire::LIST }).is_err());
        // A varint without end.
        assert!(Reader::new(&[0xff; 20]).varint().is_err());
    }

    #[test]
    fn fields_are_numbered_by_difference() {
        // Field 1 (i32) = 3, field 4 (true), stop.
        let mut reader = Reader::new(&[0x15, 0x06, 0x31, 0x00]);
        let mut last = 0;
        let first = reader.field(&mut last).unwrap().unwrap();
        assert_eq!((first.id, reader.int32(first).unwrap()), (1, 3));
        let second = reader.field(&mut last).unwrap().unwrap();
        assert_eq!((second.id, reader.bool(second).unwrap()), (4, true));
        assert!(reader.field(&mut last).unwrap().is_none());
    }
}
