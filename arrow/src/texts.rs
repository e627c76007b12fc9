//! Texts that do not lie one after the other, as those of dictionaries and views → offsets and bytes that do.

use arrow_array::Array;
use arrow_array::cast::AsArray;
use arrow_schema::DataType;

/// Offsets and bytes of texts; a missing one is empty. `None` if offsets of 32 bits cannot count the bytes.
pub(crate) fn joined<'t>(
    texts: impl ExactSizeIterator<Item = Option<&'t str>> + Clone,
) -> Option<(Vec<i32>, Vec<u8>)> {
    // Found out before anything is allocated: a small dictionary can stand for any amount of text.
    let sizes = texts.clone().flatten();
    let size = sizes.fold(0_usize, |sum, text| sum.saturating_add(text.len()));
    i32::try_from(size).ok()?;
    let (mut offsets, mut bytes) = (Vec::with_capacity(texts.len() + 1), Vec::with_capacity(size));
    offsets.push(0);
    for text in texts {
        bytes.extend_from_slice(text.unwrap_or_default().as_bytes());
        offsets.push(i32::try_from(bytes.len()).ok()?);
    }
    Some((offsets, bytes))
}

/// The same of a dictionary of texts, whatever its keys are. `None` also if it is none.
pub(crate) fn of_dictionary(array: &dyn Array) -> Option<(Vec<i32>, Vec<u8>)> {
    let dictionary = array.as_any_dictionary_opt()?;
    let values = dictionary.values();
    // It has no key to be looked up where it has no values: all rows are NULL then.
    let keys = if values.is_empty() { vec![0; array.len()] } else { dictionary.normalized_keys() };
    let nulls = dictionary.keys().nulls();
    let present = |row: &usize| nulls.is_none_or(|nulls| nulls.is_valid(*row));
    macro_rules! look_up {
        ($texts:expr) => {{
            let texts = $texts;
            let text = |(row, key): (usize, &usize)| {
                // A key under a NULL may be anything.
                let there = present(&row) && *key < texts.len() && texts.is_valid(*key);
                there.then(|| texts.value(*key))
            };
            joined(keys.iter().enumerate().map(text))
        }};
    }
    match values.data_type() {
        DataType::Utf8 => look_up!(values.as_string::<i32>()),
        DataType::LargeUtf8 => look_up!(values.as_string::<i64>()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn more_text_than_offsets_can_count_is_refused_before_it_is_copied() {
        let long = "x".repeat(1 << 20);
        let texts = |count: usize| vec![Some(long.as_str()); count];
        assert!(joined(texts(2048).into_iter()).is_none(), "2 GiB");
        let (offsets, bytes) = joined(vec![Some("añ"), None, Some("b")].into_iter()).expect("a few bytes");
        assert_eq!((offsets, bytes), (vec![0, 3, 3, 4], "añb".as_bytes().to_vec()));
    }
}
