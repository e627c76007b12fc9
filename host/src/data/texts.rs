//! Texts → offsets and bytes, one after the other, as Arrow has them.

/// Where each text begins and the last ends, and the bytes; a missing text is empty. `None` if offsets of 32 bits cannot
/// count the bytes: that is found out before anything is allocated, since a few texts can stand for many.
pub fn join_texts<'t>(
    texts: impl ExactSizeIterator<Item = Option<&'t str>> + Clone,
) -> Option<(Vec<i32>, Vec<u8>)> {
    let size = texts.clone().flatten().fold(0_usize, |sum, text| sum.saturating_add(text.len()));
    i32::try_from(size).ok()?;
    let (mut offsets, mut bytes) = (Vec::with_capacity(texts.len() + 1), Vec::with_capacity(size));
    offsets.push(0);
    for text in texts {
        bytes.extend_from_slice(text.unwrap_or_default().as_bytes());
        offsets.push(i32::try_from(bytes.len()).ok()?);
    }
    Some((offsets, bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn more_text_than_offsets_can_count_is_refused_before_it_is_copied() {
        let long = "x".repeat(1 << 20);
        assert!(join_texts(vec![Some(long.as_str()); 2048].into_iter()).is_none(), "2 GiB");
        let (offsets, bytes) =
            join_texts(vec![Some("añ"), None, Some("b")].into_iter()).expect("a few bytes");
        assert_eq!((offsets, bytes), (vec![0, 3, 3, 4], "añb".as_bytes().to_vec()));
    }
}
