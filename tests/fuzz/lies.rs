//! Lies of a guest's result that need a memory of their own: texts whose offsets or bytes are nearly right.

use ovenbird::Value;
use ovenbird::decode::{Fault, decode};
use ovenbird_compiler::border::{Border, Column, ColumnKind};
use ovenbird_compiler::types::Type;

/// A column of two texts: offsets in a block at 64, bytes in one at 128.
fn decoded(offsets: [i32; 3], text: &[u8]) -> Result<(), Fault> {
    let mut memory = vec![0; 512];
    memory[80..92].copy_from_slice(&offsets.map(i32::to_le_bytes).concat());
    memory[144..144 + text.len()].copy_from_slice(text);
    let column = Column { kind: ColumnKind::Text, nullable: false };
    decode(&memory, &Border::Frame(vec![("t".into(), column)]).ty(), &[2, 64, 128], 1 << 20).map(drop)
}

/// Without `offsets.first() == Some(&0)`, `String::from_utf8` or `is_char_boundary` in `host/src/decode.rs`: a column of texts
/// is taken whose offsets do not fit it.
#[test]
fn texts_that_are_nearly_right_are_refused() {
    assert_eq!(decoded([0, 3, 5], b"abcde"), Ok(()));
    assert_eq!(decoded([1, 3, 5], b"abcde"), Err(Fault::BadOffsets), "they rise, but do not begin at 0");
    assert_eq!(decoded([0, 3, 2], b"abcde"), Err(Fault::BadOffsets), "they fall");
    // As replacement characters, these would have ends in the same places.
    assert_eq!(decoded([0, 3, 5], b"\xffabcd"), Err(Fault::BadText), "no UTF-8");
    assert_eq!(decoded([0, 1, 2], "é".as_bytes()), Err(Fault::BadText), "within a character");
}

/// Without `self.count(shown.len() - text.len())` in `host/src/decode.rs`: what is no UTF-8 is three times as long as a text of the
/// host, and counts once.
#[test]
fn a_text_that_is_none_counts_as_what_is_kept_of_it() {
    let mut memory = vec![0; 512];
    memory[336] = 3;
    memory[344..347].fill(0xff);
    assert_eq!(decode(&memory, &Type::Str, &[320], 8), Err(Fault::TooLarge { bytes: 9 }));
    assert_eq!(decode(&memory, &Type::Str, &[320], 9), Ok((Value::Str("\u{fffd}".repeat(3)), 9)));
}
