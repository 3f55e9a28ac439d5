//! Sixteen bytes of a text at a time, whatever its length.
//!
//! Behind the end of the text stand zeros. They cost no copy: the last bytes of a longer text are loaded together and
//! shifted. What holds of a byte is told of sixteen as the bits of a number.

/// Bytes loaded together.
pub(super) const PIECE: usize = 16;

/// The bytes of a text.
pub(super) struct Pieces<'t> {
    bytes: &'t [u8],
    /// Where the last piece begins.
    last_start: usize,
    last: u128,
}

impl<'t> Pieces<'t> {
    #[inline(always)]
    pub(super) fn of(text: &'t str) -> Self {
        let bytes = text.as_bytes();
        let last = match bytes.last_chunk() {
            Some(&last) => u128::from_le_bytes(last),
            None => short(bytes),
        };
        Self { bytes, last_start: bytes.len().saturating_sub(PIECE), last }
    }

    /// The bytes from `at` on, the first one lowest. At `at` there must be one.
    #[inline(always)]
    pub(super) fn at(&self, at: usize) -> u128 {
        match self.bytes.get(at..).and_then(<[u8]>::first_chunk) {
            Some(&piece) => u128::from_le_bytes(piece),
            None => self.last >> (8 * (at - self.last_start) % 128),
        }
    }
}

/// A text shorter than a piece, from its first and its last bytes, which may overlap.
fn short(bytes: &[u8]) -> u128 {
    let join = |first: u64, last: u64, length: usize| {
        u128::from(first) | u128::from(last) << (8 * (bytes.len() - length))
    };
    if let (Some(&first), Some(&last)) = (bytes.first_chunk(), bytes.last_chunk()) {
        join(u64::from_le_bytes(first), u64::from_le_bytes(last), 8)
    } else if let (Some(&first), Some(&last)) = (bytes.first_chunk(), bytes.last_chunk()) {
        join(u32::from_le_bytes(first).into(), u32::from_le_bytes(last).into(), 4)
    } else {
        bytes.iter().rev().fold(0, |sum, &byte| sum << 8 | u128::from(byte))
    }
}

/// Eight times the same byte.
pub(super) const fn each(byte: u8) -> u64 {
    u64::from_ne_bytes([byte; 8])
}

#[inline(always)]
pub(super) fn is_ascii(piece: u128) -> bool {
    (piece as u64 | (piece >> 64) as u64) & each(0x80) == 0
}

/// Which of eight bytes of ASCII are from `first` to `last`, as their highest bits; none outside ASCII is. The other bits
/// do not matter.
#[inline(always)]
pub(super) fn within(bytes: u64, first: u8, last: u8) -> u64 {
    // A sum reaches the highest bit of its byte from the character on, and never the next byte.
    let low = bytes & each(0x7f);
    ((low + each(0x80 - first)) ^ (low + each(0x7f - last))) & !bytes
}

/// The highest bits of the bytes that `answer` gives for eight bytes of a piece at a time; all other bits are zero.
#[inline(always)]
pub(super) fn highest_bits(piece: u128, answer: impl Fn(u64) -> u64) -> u128 {
    let halves = [piece as u64, (piece >> 64) as u64].map(|eight| u128::from(answer(eight) & each(0x80)));
    halves[0] | halves[1] << 64
}

/// The same with a single bit for each byte, the first one lowest.
#[inline(always)]
pub(super) fn bits(piece: u128, answer: impl Fn(u64) -> u64) -> u64 {
    // The product brings eight highest bits together in its highest byte.
    let gather = |eight: u64| (answer(eight) & each(0x80)).wrapping_mul(0x0002_0408_1020_4081) >> 56;
    gather(piece as u64) | gather((piece >> 64) as u64) << 8
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_piece_is_the_bytes_and_then_zeros(text in "[a-é]{0,40}") {
            let pieces = Pieces::of(&text);
            for at in 0..text.len() {
                let expected: Vec<u8> = text.bytes().skip(at).chain([0; PIECE]).take(PIECE).collect();
                prop_assert_eq!(&pieces.at(at).to_le_bytes()[..], expected);
            }
        }

        #[test]
        fn bits_are_what_holds_of_each_byte(bytes in any::<[u8; PIECE]>(), first in 1_u8..0x80, last in 1_u8..0x80) {
            let piece = u128::from_le_bytes(bytes);
            let (first, last) = (first.min(last), first.max(last));
            let answer = |eight| within(eight, first, last);
            for (i, byte) in bytes.into_iter().enumerate() {
                let holds = (first..=last).contains(&byte);
                prop_assert_eq!(bits(piece, answer) >> i & 1 == 1, holds);
                prop_assert_eq!((highest_bits(piece, answer) >> (8 * i)) as u8, if holds { 0x80 } else { 0 });
            }
            prop_assert_eq!(is_ascii(piece), bytes.is_ascii());
        }
    }
}
