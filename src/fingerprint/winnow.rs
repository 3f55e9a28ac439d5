//! A sample of a text's runs of words that two texts take alike: winnowing (Schleimer, Wilkerson and Aiken 2003).
//!
//! Of every `window` neighbouring hashes of runs of `run` words the least is taken, the last of equal ones. What is taken
//! depends on nothing outside the window, so two texts that have `run + window - 1` words in common have taken one of the
//! same runs there. Of random text every (`window` + 1) / 2-th run is taken.

use super::shingle_hashes;

/// Calls `f` with the number of the first word and the hash of each run that is taken, in order. `words` are the hashes of
/// the words; `hashes` is room to work in. A text of fewer than `run + window - 1` words has none.
pub fn winnow(words: &[u64], run: usize, window: usize, hashes: &mut Vec<u64>, mut f: impl FnMut(u32, u64)) {
    hashes.clear();
    if words.len() + 1 < run + window {
        return;
    }
    shingle_hashes(words, run, hashes);
    let mut least: Option<usize> = None;
    for (first, seen) in hashes.windows(window).enumerate() {
        let last = first + window - 1;
        let found = match least {
            Some(at) if at >= first => {
                if hashes[last] <= hashes[at] {
                    last
                } else {
                    at
                }
            }
            _ => (0..window).fold(first, |at, i| if seen[i] <= hashes[at] { first + i } else { at }),
        };
        if least != Some(found) {
            f(found as u32, hashes[found]);
            least = Some(found);
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn taken(words: &[u64], run: usize, window: usize) -> Vec<(u32, u64)> {
        let mut taken = Vec::new();
        winnow(words, run, window, &mut Vec::new(), |at, hash| taken.push((at, hash)));
        taken
    }

    proptest! {
        #[test]
        fn texts_with_enough_in_common_take_a_run_alike(
            before in prop::collection::vec(0_u64..4, 0..30),
            other in prop::collection::vec(0_u64..4, 0..30),
            common in prop::collection::vec(0_u64..4, 0..40),
            (run, window) in (1_usize..8, 1_usize..8),
        ) {
            let text = |start: &[u64], end: &[u64]| [start, &common, end].concat();
            let (a, b) = (text(&before, &other), text(&other, &before));
            let inside = |text: &[u64], start: usize| -> Vec<(usize, u64)> {
                let taken = taken(text, run, window).into_iter();
                let own = taken.map(|(at, hash)| (at as usize, hash));
                own.filter(|(at, _)| *at >= start && at + run <= start + common.len()).map(|(at, hash)| (at - start, hash)).collect()
            };
            if common.len() + 1 >= run + window {
                let other = inside(&b, other.len());
                prop_assert!(inside(&a, before.len()).iter().any(|taken| other.contains(taken)));
            }
            prop_assert!(taken(&a, run, window).is_sorted());
        }
    }
}
