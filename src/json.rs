//! JSON strings, written as fast as bytes are copied: most stretches of a text have nothing to escape.

/// Appends a JSON string. Of bytes that are no UTF-8 it is none either: that is for its reader to say.
pub(crate) fn put_string(out: &mut Vec<u8>, bytes: &[u8]) {
    out.push(b'"');
    put_escaped(out, bytes);
    out.push(b'"');
}

/// The same without the quotes.
pub(crate) fn put_escaped(out: &mut Vec<u8>, bytes: &[u8]) {
    let mut written = 0;
    loop {
        let found = find_escaped(bytes, written);
        out.extend_from_slice(&bytes[written..found]);
        let Some(&byte) = bytes.get(found) else { break };
        match byte {
            b'"' | b'\\' => out.extend([b'\\', byte]),
            b'\n' => out.extend(*b"\\n"),
            b'\t' => out.extend(*b"\\t"),
            b'\r' => out.extend(*b"\\r"),
            0x08 => out.extend(*b"\\b"),
            0x0c => out.extend(*b"\\f"),
            _ => {
                out.extend(*b"\\u00");
                out.extend([byte >> 4, byte & 0xf].map(|nibble| b"0123456789abcdef"[usize::from(nibble)]));
            }
        }
        written = found + 1;
    }
}

/// The first byte at or after `from` that JSON does not take as it is, or the end. Most stretches hold none, and for all
/// bytes of one to be asked at once it has a fixed length.
fn find_escaped(bytes: &[u8], from: usize) -> usize {
    const STRETCH: usize = 16;
    let is_escaped = |byte: &u8| (*byte < 0x20) | (*byte == b'"') | (*byte == b'\\');
    let mut at = from;
    while let Some(stretch) = bytes[at..].first_chunk::<STRETCH>()
        && !stretch.iter().fold(false, |any, byte| any | is_escaped(byte))
    {
        at += STRETCH;
    }
    bytes[at..].iter().position(is_escaped).map_or(bytes.len(), |found| at + found)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn texts_are_escaped_as_serde_json_does(text in "([ -~]|[\\x00-\\x1f\\x7f\"\\\\]|\\PC){0,60}") {
            let mut out = b"before".to_vec();
            put_string(&mut out, text.as_bytes());
            prop_assert_eq!(&out[6..], serde_json::to_vec(&text).unwrap());
        }
    }
}
