//! Results of a hostile guest: any memory and any words, for every kind of type. What comes back is a value of
//! the type that lies in the memory, or a typed fault; never a panic, never more bytes than are allowed.

use std::sync::Arc;

use ovenbird::data::ColumnData;
use ovenbird::decode::{Fault, decode};
use ovenbird::{DataFrame, Value};
use ovenbird_compiler::border::{Border, Column, ColumnKind};
use ovenbird_compiler::types::{Storage, Type};
use ovenbird_tests::fuzz::fuzz;

/// A guest's memory with blocks at 64 (values 1.5, 2.5), 128 (offsets 0, 3, 5), 192 (a bitmap), 256 (text), and a
/// string of 3 bytes at 320.
fn memory() -> Vec<u8> {
    let mut memory = vec![0; 512];
    let mut put = |at: usize, bytes: &[u8]| memory[at + 16..at + 16 + bytes.len()].copy_from_slice(bytes);
    put(64, &[1.5_f64.to_le_bytes(), 2.5_f64.to_le_bytes()].concat());
    put(128, &[0_i32, 3, 5].map(i32::to_le_bytes).concat());
    put(192, &[0b10]);
    put(256, "añbc".as_bytes());
    put(320, &[3, 0, 0, 0, 0, 0, 0, 0, b'x', b'y', b'z']);
    memory
}

fn column(kind: ColumnKind, nullable: bool) -> Column {
    Column { kind, nullable }
}

/// Types, and words that make a good result of them.
fn results() -> Vec<(Type, Vec<u64>)> {
    let array = |element, dimensions| Border::Array { element, dimensions }.ty();
    let frame = Border::Frame(vec![
        ("x".into(), column(ColumnKind::Plain(Storage::Float64), false)),
        ("t".into(), column(ColumnKind::Text, true)),
        ("m".into(), column(ColumnKind::Datetime("datetime64[ns]".into()), true)),
    ]);
    vec![
        (Type::Str, vec![320]),
        (Type::tuple(vec![Type::Bool, Type::Str, Type::Int, Type::Float]), vec![1, 320, 7, 0]),
        (array(Storage::Float64, 1), vec![64, 80, 2]),
        (array(Storage::Bool, 2), vec![64, 80, 2, 3]),
        (array(Storage::Int16, 8), vec![64, 80, 1, 1, 1, 2, 2, 1, 1, 1]),
        (frame.ty(), vec![2, 64, 2, 128, 192, 256, 2, 64, 192]),
        (Border::Texts.ty(), vec![2, 128, 256]),
    ]
}

#[test]
fn good_results_are_read() {
    let value = |index: usize| {
        let (ty, words) = &results()[index];
        decode(&memory(), ty, words, u64::MAX).expect("a good result")
    };
    assert_eq!(value(0), (Value::Str("xyz".to_owned()), 3));
    let Value::DataFrame(frame) = value(5).0 else { panic!("no frame") };
    assert_eq!(frame.to_string(), "frame of 2 rows: x: float64, t: str?, m: datetime64[ns]?");
    let text = &frame.columns()[1].1;
    assert_eq!((text.is_valid(0), text.is_valid(1)), (false, true));
    let ColumnData::Text { offsets, text } = text.data() else { panic!("no text") };
    assert_eq!((&offsets[..], &text[..]), (&[0, 3, 5][..], "añbc"));
    let texts = ["añ", "bc"].map(str::to_owned).to_vec();
    let held = 2 * size_of::<String>() as u64;
    assert_eq!(value(6), (Value::Texts(texts), held + 12 + 5));
}

#[test]
fn each_lie_has_its_fault() {
    let memory = memory();
    let fault = |index: usize, change: &[(usize, u64)]| {
        let (ty, mut words) = results().swap_remove(index);
        change.iter().for_each(|(at, word)| words[*at] = *word);
        decode(&memory, &ty, &words, 1 << 20).expect_err("a lie")
    };
    assert_eq!(fault(0, &[(0, 510)]), Fault::OutOfBounds);
    assert_eq!(fault(0, &[(0, u64::MAX)]), Fault::OutOfBounds);
    assert_eq!(fault(0, &[(0, 64)]), Fault::BadLength, "a float is no length");
    assert_eq!(fault(2, &[(2, 1000)]), Fault::OutOfBounds);
    assert_eq!(fault(2, &[(2, u64::MAX)]), Fault::BadLength);
    assert_eq!(fault(2, &[(2, 1 << 32)]), Fault::BadLength);
    let most = u64::from(u32::MAX);
    assert_eq!(fault(4, &[(2, most), (3, most), (4, most)]), Fault::BadLength, "the product overflows");
    assert_eq!(fault(5, &[(0, 1)]), Fault::UnequalColumns);
    assert_eq!(fault(5, &[(3, 192)]), Fault::BadOffsets, "they do not begin at 0");
    assert_eq!(fault(5, &[(5, 500)]), Fault::OutOfBounds);
    assert_eq!(fault(5, &[(0, most), (2, most), (6, most)]), Fault::OutOfBounds);
    assert_eq!(fault(6, &[(0, most)]), Fault::TooLarge { bytes: most * size_of::<String>() as u64 });
    assert_eq!(fault(6, &[(0, 1 << 15)]), Fault::OutOfBounds, "as many offsets are not there");
    assert_eq!(fault(6, &[(1, 192)]), Fault::BadOffsets);
    assert_eq!(fault(6, &[(2, 500)]), Fault::OutOfBounds);
    let mut torn = memory.clone();
    torn[272..277].copy_from_slice("xañc".as_bytes());
    torn[144..156].copy_from_slice(&[0_i32, 3, 5].map(i32::to_le_bytes).concat());
    let (ty, words) = results().swap_remove(5);
    assert_eq!(decode(&torn, &ty, &words, 1 << 20), Err(Fault::BadText), "a text ends within a character");
    torn[272] = 0xff;
    assert_eq!(decode(&torn, &ty, &words, 1 << 20), Err(Fault::BadText), "no UTF-8");
    torn[144..156].copy_from_slice(&[0_i32, 3, 2].map(i32::to_le_bytes).concat());
    assert_eq!(decode(&torn, &ty, &words, 1 << 20), Err(Fault::BadOffsets), "they fall");
    let (ty, words) = results().swap_remove(2);
    assert_eq!(decode(&memory, &ty, &words[..2], 1 << 20), Err(Fault::TooFewWords));
    assert_eq!(decode(&memory, &ty, &words, 15), Err(Fault::TooLarge { bytes: 16 }));
    assert!(decode(&memory, &ty, &words, 16).is_ok());
    assert!(matches!(decode(&memory, &Type::Block, &[0], 0), Err(Fault::NoValue(_))));
}

#[test]
fn any_memory_and_any_words_are_read_or_refused() {
    let kinds = results();
    // The first bytes are the words, the rest is the memory.
    let seeds: Vec<Vec<u8>> = kinds
        .iter()
        .map(|(_, words)| words.iter().flat_map(|word| word.to_le_bytes()).chain(memory()).collect())
        .collect();
    let (mut good, mut bad) = (0, 0);
    for ((ty, words), seed) in kinds.iter().zip(&seeds) {
        fuzz(20_000, std::slice::from_ref(seed), |bytes| {
            let (words, memory) = bytes.split_at(bytes.len().min(8 * words.len()));
            let words: Vec<u64> = words
                .chunks_exact(8)
                .map(|word| u64::from_le_bytes(word.try_into().expect("eight")))
                .collect();
            match decode(memory, ty, &words, 300) {
                Ok((value, used)) => {
                    assert!(used <= 300, "{used} bytes");
                    assert_eq!(value.ty(), *ty, "a value of another type");
                    check(&value);
                    good += 1;
                }
                Err(_) => bad += 1,
            }
        });
    }
    assert!(good > 1000 && bad > 1000, "{good} good, {bad} bad");
}

/// Fails if a value is not what its own type promises.
fn check(value: &Value) {
    match value {
        Value::Array(array) => {
            assert_eq!(array.shape().iter().product::<usize>(), array.elements().len());
        }
        Value::DataFrame(frame) => {
            assert!(DataFrame::new(frame.columns().to_vec()).is_some(), "columns of different lengths");
            for (_, column) in frame.columns() {
                assert!(
                    column.valid().is_none_or(|bits: &Arc<Vec<u8>>| bits.len() >= column.len().div_ceil(8))
                );
                if let ColumnData::Text { offsets, text } = column.data() {
                    offsets
                        .windows(2)
                        .for_each(|pair| drop(text[pair[0] as usize..pair[1] as usize].to_owned()));
                }
            }
        }
        _ => {}
    }
}
