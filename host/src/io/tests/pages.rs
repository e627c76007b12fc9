//! Encoded values that lie, one decoder at a time. Without the check that a test names, it reads on, over the end of its page
//! or what was in its buffer before.

use super::super::codec::{Codec, decompress};
use super::super::delta::Delta;
use super::super::rle::Hybrid;
use super::super::thrift::{Field, Reader, wire};
use super::super::values::{Dictionary, TextBatch, Values, Widen, prefixed};
use super::*;

const INT: Widen = Widen::Int { wide: true, bits: 64, signed: true };

fn ints(page: &[u8], encoding: i32, most: u32, count: usize) -> Result<Vec<u8>, DatasetError> {
    fixed(page, encoding, most, count, INT)
}

fn fixed(page: &[u8], encoding: i32, most: u32, count: usize, widen: Widen) -> Result<Vec<u8>, DatasetError> {
    let dictionary = Dictionary::default();
    let mut out = vec![0xa5; count * widen.cell()];
    Values::new(page, 0, most, encoding, widen, &dictionary)?.read(
        page,
        &dictionary,
        widen,
        &mut out,
        count,
    )?;
    Ok(out)
}

fn strings(page: &[u8], encoding: i32, count: usize) -> Result<String, DatasetError> {
    let (dictionary, mut batch, mut ledger) = (Dictionary::default(), TextBatch::default(), ledger());
    let mut values = Values::new(page, 0, count as u32, encoding, Widen::Str, &dictionary)?;
    values.read_text(page, &dictionary, &mut batch, count, &mut ledger)?;
    Ok(String::from_utf8_lossy(batch.text()).into_owned())
}

/// Differences in one block of one miniblock of eight, of this width.
fn deltas(total: u64, first: i64, least: i64, width: u8, packed: &[u8]) -> Vec<u8> {
    let zigzag = |value: i64| ((value << 1) ^ (value >> 63)) as u64;
    let mut bytes = Vec::new();
    for mut value in [8, 1, total, zigzag(first), zigzag(least)] {
        while value >= 0x80 {
            bytes.push(value as u8 | 0x80);
            value >>= 7;
        }
        bytes.push(value as u8);
    }
    bytes.push(width);
    bytes.extend_from_slice(packed);
    bytes
}

/// Without `s.len() == bytes`, the end of `PlainBits`, or that of `Split` in `read` of `values.rs`.
#[test]
fn pages_shorter_than_their_values() {
    let one = 7_i64.to_le_bytes();
    assert_eq!(ints(&one, 0, 1, 1).expect("one"), one);
    assert!(ints(&one, 0, 2, 2).is_err());
    assert!(fixed(&[0xff], 0, 9, 8, Widen::Bool).is_ok());
    assert!(fixed(&[0xff], 0, 9, 9, Widen::Bool).is_err());
    assert!(ints(&[1; 16], 9, 2, 2).is_ok());
    assert!(ints(&[1; 16], 9, 3, 3).is_err());
    assert!(fixed(&[], 0, 1, 1, Widen::F32).is_err());
}

/// Without `end <= page.len()` in `prefixed` of `values.rs`: a range leads out of its page. Who reads in it looks at the
/// end of the page once more.
#[test]
fn ranges_longer_than_their_page() {
    assert_eq!(prefixed(&[9, 2, 0, 0, 0, 7, 7], 1).expect("two bytes"), (5, 7));
    assert!(prefixed(&[9, 3, 0, 0, 0, 7, 7], 1).is_err());
    assert!(prefixed(&[0xff; 6], 1).is_err());
    assert!(prefixed(&[2, 0, 0], 0).is_err() && prefixed(&[0; 4], 5).is_err());
}

/// Without `at > end` in `Values::new` of `values.rs`: what is left of a page that is over is counted below zero.
#[test]
fn values_that_start_beyond_their_page() {
    let starts =
        |at, encoding, widen| Values::new(&[0; 4], at, 1, encoding, widen, &Dictionary::default()).map(drop);
    for (encoding, widen) in [(0, INT), (0, Widen::Bool), (0, Widen::Str), (9, INT), (9, Widen::F32)] {
        assert!(starts(4, encoding, widen).is_ok(), "{encoding} {widen:?}");
        assert!(starts(5, encoding, widen).is_err(), "{encoding} {widen:?}");
    }
}

/// Without the bounds in `sized`, or `prefix > last.len()`, or the equal numbers of prefixes and lengths in `values.rs`.
#[test]
fn texts_longer_than_their_page() {
    assert_eq!(strings(b"\x02\0\0\0ab", 0, 1).expect("a text"), "ab");
    assert!(strings(b"\x03\0\0\0ab", 0, 1).is_err());
    assert!(strings(b"\xff\xff\xff\xffab", 0, 1).is_err());
    assert!(strings(b"\x02\0\0", 0, 1).is_err());
    let lengths = |first| [deltas(1, first, 0, 0, &[])[..4].to_vec(), b"ab".to_vec()].concat();
    assert_eq!(strings(&lengths(2), 6, 1).expect("a text"), "ab");
    assert!(strings(&lengths(3), 6, 1).is_err());
    assert!(strings(&lengths(-1), 6, 1).is_err());
    let both = |prefixes: Vec<u8>, lengths: Vec<u8>| [prefixes, lengths, b"abcd".to_vec()].concat();
    let one = |first| deltas(1, first, 0, 0, &[])[..4].to_vec();
    let two = |first, least| deltas(2, first, least, 0, &[]);
    assert_eq!(strings(&both(two(0, 1), two(2, 0)), 7, 2).expect("texts"), "abacd");
    let error = strings(&both(two(0, 3), two(2, 0)), 7, 2).expect_err("a longer prefix than text");
    assert_eq!(error.to_string(), "it is damaged: a page ends before its values do");
    assert!(strings(&both(one(1), one(2)), 7, 1).is_err());
    assert!(strings(&both(one(-1), one(2)), 7, 1).is_err());
    let two_at_most = |page: &[u8]| Values::new(page, 0, 2, 7, Widen::Str, &Dictionary::default()).map(drop);
    assert!(two_at_most(&both(two(0, 1), two(2, 0))).is_ok());
    assert!(two_at_most(&both(two(0, 0), one(2))).is_err(), "more prefixes than lengths");
    assert!(two_at_most(&both(one(0), two(2, 0))).is_err(), "fewer prefixes than lengths");
}

/// Without a check of the header in `Delta::new`, of a miniblock in `next_mini`, or of what is left in `next` of `delta.rs`.
#[test]
fn differences_that_lie() {
    let good = deltas(3, 5, 1, 1, &[0b01]);
    assert_eq!(ints(&good, 5, 3, 3).expect("three")[16..], 8_i64.to_le_bytes());
    assert!(ints(&good, 5, 2, 2).is_err(), "more than the page may have");
    assert!(ints(&good, 5, 4, 4).is_err(), "more than there are");
    assert!(ints(&deltas(3, 5, 1, 65, &[0xff; 80]), 5, 3, 3).is_err(), "wider than 64 bits");
    assert!(ints(&deltas(9, 5, 1, 64, &[0xff; 60]), 5, 9, 9).is_err(), "less than it needs");
    assert!(ints(&deltas(9, 5, 1, 64, &[0xff; 64]), 5, 9, 9).is_ok());
    let header = |block: &[u8], minis: &[u8]| {
        let bytes = [block, minis, &[2, 10, 2], &[0; 5000]].concat();
        Delta::new(&bytes, 0, bytes.len(), 2).map(drop)
    };
    let (eight, million) = (&[8][..], &[0x80, 0x80, 0x80, 0x08][..]);
    assert!(header(eight, &[1]).is_ok());
    assert!(header(eight, &[0]).is_err(), "no miniblocks");
    assert!(header(&[0], &[1]).is_err(), "an empty block");
    assert!(header(&[9], &[1]).is_err(), "values in no whole bytes");
    assert!(header(&[20], &[3]).is_err(), "no equal parts");
    assert!(header(&[0x80, 0x80, 0x80, 0x10], &[1]).is_err(), "a block of 32 million values");
    assert!(header(million, &[0x80, 0x20]).is_ok(), "4,096 miniblocks");
    assert!(header(million, &[0x80, 0x40]).is_err(), "8,192 miniblocks");
    // Widths of miniblocks that are beyond the page.
    let many = [million, &[0x80, 0x20], &[20, 10, 2], &[0; 100]].concat();
    assert!(
        Delta::new(&many, 0, many.len(), 20)
            .and_then(|mut delta| {
                delta.next(&many)?;
                delta.next(&many)
            })
            .is_err()
    );
}

/// Without `width > 32`, or the end of the packed values in `next_run` of `rle.rs`.
#[test]
fn runs_that_lie() {
    assert!(Hybrid::new(0, 4, 33).is_err());
    assert!(Hybrid::new(5, 4, 1).is_err());
    // A group of eight values of a byte each, of which two are there.
    let data = [0x03, 1, 2];
    let mut out = [9; 2];
    Hybrid::new(0, 3, 8).expect("small").read(&data, &mut out).expect("two");
    assert_eq!(out, [1, 2]);
    assert!(Hybrid::new(0, 3, 8).expect("small").read(&data, &mut [0; 3]).is_err());
    let mut flags = [9; 17];
    assert!(Hybrid::new(0, 2, 1).expect("small").read_flags(&[0x05, 0xff], &mut flags).is_err());
}

/// Without the comparison of what was written with what was asked for, in each codec of `codec.rs`: what was in the buffer
/// before is shown.
#[test]
fn streams_of_another_length_are_refused() {
    let text = b"0123456789abcdef";
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(text).expect("written");
    let brotli = {
        let mut out = Vec::new();
        let params = brotli::enc::BrotliEncoderParams::default();
        brotli::BrotliCompress(&mut &text[..], &mut out, &params).expect("written");
        out
    };
    let block = lz4_flex::block::compress(text);
    let framed = |size: u32, block: &[u8]| {
        [&size.to_be_bytes()[..], &(block.len() as u32).to_be_bytes(), block].concat()
    };
    let streams = [
        (Codec::Snappy, snap::raw::Encoder::new().compress_vec(text).expect("written")),
        (Codec::Gzip, gzip.finish().expect("written")),
        (Codec::Brotli, brotli),
        (Codec::Zstd, zstd::bulk::compress(text, 1).expect("written")),
        (Codec::Lz4Raw, block.clone()),
        (Codec::Lz4Hadoop, framed(16, &block)),
    ];
    for (codec, stream) in &streams {
        for size in [0, 1, 15, 16, 17, 1000] {
            let mut out = vec![0xa5; size];
            assert_eq!(decompress(*codec, stream, &mut out).is_ok(), size == 16, "{codec:?}, {size}");
        }
        for length in 0..stream.len() {
            let mut out = vec![0xa5; 16];
            // Some end with what they do not need, checksums for example.
            if decompress(*codec, &stream[..length], &mut out).is_ok() {
                assert_eq!(&out, text, "{codec:?}: {length} bytes");
            }
        }
    }
    // Frames that say more than is in them, in whose gap other bytes would be seen.
    let gap =
        [framed(8, &lz4_flex::block::compress(b"0123")), framed(8, &lz4_flex::block::compress(b"01234567"))];
    assert!(decompress(Codec::Lz4Hadoop, &gap.concat(), &mut [0xa5; 16]).is_err());
    // A stream that asks for a window of a gigabyte.
    assert!(decompress(Codec::Brotli, &[0x11, 0x1e, 0, 0, 0, 0, 0x01], &mut [0; 1]).is_err());
    let mut large = Vec::new();
    let params = brotli::enc::BrotliEncoderParams { large_window: true, lgwin: 28, ..Default::default() };
    brotli::BrotliCompress(&mut &text[..], &mut large, &params).expect("written");
    assert_eq!(large[0] & 0x7f, 0x11, "a window of 256 MB");
    assert!(decompress(Codec::Brotli, &large, &mut [0; 16]).is_err(), "which nothing else refuses");
    // A page that is not compressed has no codec to go through, and its own length.
    assert!(decompress(Codec::None, text, &mut [0; 16]).is_ok());
    assert!(decompress(Codec::None, text, &mut [0; 17]).is_err());
}

/// Without a check in `take`, `varint`, `list` or `skip_value` of `thrift.rs`: lengths are believed, and nesting has no end.
#[test]
fn thrift_that_lies() {
    let field = |wire| Field { id: 1, wire };
    assert_eq!(Reader::new(&[2, b'a', b'b']).binary(field(wire::BINARY)), Ok(&b"ab"[..]));
    assert!(Reader::new(&[3, b'a', b'b']).binary(field(wire::BINARY)).is_err());
    let most = [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01];
    assert!(Reader::new(&most).int(field(wire::I64)).is_ok());
    let mut more = most;
    more[9] = 2;
    assert!(Reader::new(&more).int(field(wire::I64)).is_err(), "65 bits");
    assert!(Reader::new(&[0xfc, 3, 0, 0]).list(field(wire::LIST)).is_err(), "three of two bytes");
    assert!(Reader::new(&[0xfc, 2, 0, 0]).list(field(wire::LIST)).is_ok());
    let nested = |depth: usize| {
        let mut bytes = vec![0x19; depth];
        bytes.push(0x03);
        bytes.extend([0; 1]);
        Reader::new(&bytes).skip(field(wire::LIST)).is_ok()
    };
    assert!((0..100).any(|depth| !nested(depth)) && nested(3));
    // As deep as the stack of a thread, were it not for the bound.
    let deep = vec![0x1c; 1 << 20];
    assert!(Reader::new(&deep).skip(field(wire::STRUCT)).is_err());
}
