//! Decompression of a page into a buffer of known size.
//!
//! The caller has checked the size against the budget; a codec may neither write more nor leave a
//! byte unwritten, so nothing that was in the buffer before can show through.

use std::io::Read;

use super::DatasetError;

/// The codecs of the format, by number.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Codec {
    None,
    Snappy,
    Gzip,
    Brotli,
    Lz4Hadoop,
    Zstd,
    Lz4Raw,
}

impl Codec {
    pub(crate) fn from_number(number: i32) -> Result<Self, DatasetError> {
        Ok(match number {
            0 => Codec::None,
            1 => Codec::Snappy,
            2 => Codec::Gzip,
            4 => Codec::Brotli,
            5 => Codec::Lz4Hadoop,
            6 => Codec::Zstd,
            7 => Codec::Lz4Raw,
            3 => return Err(DatasetError::Unsupported("LZO compression".into())),
            _ => return Err(DatasetError::Unsupported("an unknown compression".into())),
        })
    }
}

/// Decompresses `input` to exactly `output`.
pub(crate) fn decompress(codec: Codec, input: &[u8], output: &mut [u8]) -> Result<(), DatasetError> {
    let bad = || DatasetError::Corrupt("a page does not decompress to its size".into());
    let written = match codec {
        Codec::None => {
            if input.len() != output.len() {
                return Err(bad());
            }
            output.copy_from_slice(input);
            output.len()
        }
        // It compares the length that the stream announces with `output` first of all.
        Codec::Snappy => snap::raw::Decoder::new().decompress(input, output).map_err(|_| bad())?,
        Codec::Gzip => fill(flate2::read::MultiGzDecoder::new(input), output).ok_or_else(bad)?,
        // "Large window" streams may ask for a gigabyte of window; the format has no use for them.
        Codec::Brotli if input.first().is_some_and(|byte| byte & 0x7f == 0x11) => return Err(bad()),
        Codec::Brotli => fill(brotli::Decompressor::new(input, 4096), output).ok_or_else(bad)?,
        Codec::Zstd => {
            let mut decoder = zstd::bulk::Decompressor::new().map_err(|_| bad())?;
            decoder.decompress_to_buffer(input, output).map_err(|_| bad())?
        }
        Codec::Lz4Raw => lz4_flex::block::decompress_into(input, output).map_err(|_| bad())?,
        Codec::Lz4Hadoop => match lz4_frames(input, output) {
            Some(written) => written,
            None => lz4_flex::block::decompress_into(input, output).map_err(|_| bad())?,
        },
    };
    if written == output.len() { Ok(()) } else { Err(bad()) }
}

/// Fills the buffer from a stream that must end there.
fn fill(mut stream: impl Read, output: &mut [u8]) -> Option<usize> {
    stream.read_exact(output).ok()?;
    match stream.read(&mut [0u8; 1]) {
        Ok(0) => Some(output.len()),
        _ => None,
    }
}

/// Hadoop's framing: sizes before and after compression, big-endian, then a block.
fn lz4_frames(mut input: &[u8], output: &mut [u8]) -> Option<usize> {
    let mut written = 0usize;
    while !input.is_empty() {
        let (sizes, rest) = input.split_at_checked(8)?;
        let size = u32::from_be_bytes([sizes[0], sizes[1], sizes[2], sizes[3]]) as usize;
        let compressed = u32::from_be_bytes([sizes[4], sizes[5], sizes[6], sizes[7]]) as usize;
        let (block, rest) = rest.split_at_checked(compressed)?;
        let target = output.get_mut(written..written.checked_add(size)?)?;
        if lz4_flex::block::decompress_into(block, target).ok()? != size {
            return None;
        }
        written += size;
        input = rest;
    }
    Some(written)
}
