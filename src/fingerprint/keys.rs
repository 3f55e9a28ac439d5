//! Exact keys: 128 bits that stand for a normalised text.
//!
//! 64 bits would not do: four billion blocks collide with odds of one in three. With 128 the odds are below 10⁻¹⁹.

use xxhash_rust::xxh3::xxh3_128_with_seed;

use super::{KEY_SEED, mask_digits_into};

/// The two keys of a normalised text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Keys {
    /// Equal for equal normalised texts.
    pub exact: u128,
    /// Equal for normalised texts that are equal once every run of digits is a `0`. The same as `exact` where the text
    /// has no digits.
    pub masked: u128,
}

/// The key of a normalised text.
#[must_use]
pub fn exact_key(normalised: &str) -> u128 {
    xxh3_128_with_seed(normalised.as_bytes(), KEY_SEED)
}

/// Both keys of a normalised text. `scratch` is overwritten; handing in the same one saves an allocation a call.
#[must_use]
pub fn keys(normalised: &str, scratch: &mut String) -> Keys {
    let exact = exact_key(normalised);
    let masked = if mask_digits_into(normalised, scratch) { exact_key(scratch) } else { exact };
    Keys { exact, masked }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_divide_the_exact_key_only() {
        let mut scratch = String::new();
        let [one, two, none] = ["page 1", "page 22", "page"].map(|text| keys(text, &mut scratch));
        assert_ne!(one.exact, two.exact);
        assert_eq!(one.masked, two.masked);
        assert_eq!(none.exact, none.masked);
        assert_ne!(none.masked, one.masked);
    }
}
