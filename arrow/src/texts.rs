//! Texts of dictionaries → offsets and bytes, one after the other.

use arrow_array::Array;
use arrow_array::cast::AsArray;
use arrow_schema::DataType;
use ovenbird::data::join_texts;

/// Offsets and bytes of the texts of a dictionary, whatever its keys are. `None` if it is none, or if there is more than 2
/// GiB of text.
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
            join_texts(keys.iter().enumerate().map(text))
        }};
    }
    match values.data_type() {
        DataType::Utf8 => look_up!(values.as_string::<i32>()),
        DataType::LargeUtf8 => look_up!(values.as_string::<i64>()),
        _ => None,
    }
}
