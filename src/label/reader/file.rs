//! The weights file of the reader: a line that names its format, a checksum, numbers in little-endian order.

use xxhash_rust::xxh3::xxh3_128;

use super::Reader;
use super::forest::{DEPTH, Forest, MOST_BOUNDS, Tree};
use super::words::SLOTS;

/// Changes when the layout of the file or the signals of a table do.
const HEAD: &[u8] = b"dehusk reader 1\n";
const CHECKSUM: usize = 16;
/// Bytes of a number.
const FLOAT: usize = size_of::<f32>();
/// Bytes of a tree that asks nothing: its depth and one leaf.
const LEAST_TREE: usize = 1 + FLOAT;

impl Reader {
    /// The file's bytes.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut body: Vec<u8> = self.words.iter().map(|&w| w as u8).collect();
        for forest in [&self.first, &self.second] {
            body.extend(forest.base.to_le_bytes());
            body.extend((forest.ordinary.len() as u32).to_le_bytes());
            forest.ordinary.iter().for_each(|v| body.extend(v.to_le_bytes()));
            body.extend((forest.trees.len() as u32).to_le_bytes());
            for tree in &forest.trees {
                body.push(tree.splits.len() as u8);
                for (signal, bound) in &tree.splits {
                    body.extend(signal.to_le_bytes());
                    body.extend(bound.to_le_bytes());
                }
                tree.leaves.iter().for_each(|v| body.extend(v.to_le_bytes()));
            }
        }
        body.extend((self.calibration.len() as u32).to_le_bytes());
        self.calibration.iter().for_each(|(p, share)| {
            body.extend(p.to_le_bytes());
            body.extend(share.to_le_bytes());
        });
        [HEAD, &xxh3_128(&body).to_le_bytes(), &body].concat()
    }

    /// Reads a file.
    ///
    /// # Errors
    /// In words, what is wrong with it: another format, a wrong checksum, an end too early, numbers that no opinion can
    /// be made of.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, &'static str> {
        let rest = bytes.strip_prefix(HEAD).ok_or("not a weights file of this version")?;
        let (checksum, body) = rest.split_at_checked(CHECKSUM).ok_or("cut off")?;
        if xxh3_128(body).to_le_bytes() != checksum {
            return Err("the checksum does not match");
        }
        let mut body = Bytes(body);
        let words = body.take(SLOTS)?.iter().map(|&b| b as i8).collect();
        let (first, second) = (body.forest()?, body.forest()?);
        let calibration = body.calibration()?;
        if body.0.is_empty() {
            Ok(Self { words, first, second, calibration })
        } else {
            Err("longer than it should be")
        }
    }
}

/// What is left to read.
struct Bytes<'b>(&'b [u8]);

impl<'b> Bytes<'b> {
    fn take(&mut self, count: usize) -> Result<&'b [u8], &'static str> {
        let (taken, rest) = self.0.split_at_checked(count).ok_or("cut off")?;
        self.0 = rest;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], &'static str> {
        self.take(N)?.try_into().map_err(|_| "cut off")
    }

    /// How many things follow. `least` are the bytes that each takes at least: a count that what is left cannot hold is
    /// refused before anything is made of it.
    fn count(&mut self, least: usize) -> Result<usize, &'static str> {
        let count = u32::from_le_bytes(self.array()?) as usize;
        if count <= self.0.len() / least { Ok(count) } else { Err("a count is too large") }
    }

    fn float(&mut self) -> Result<f32, &'static str> {
        let value = f32::from_le_bytes(self.array()?);
        if value.is_finite() { Ok(value) } else { Err("a weight is not finite") }
    }

    fn floats(&mut self, count: usize) -> Result<Vec<f32>, &'static str> {
        (0..count).map(|_| self.float()).collect()
    }

    fn calibration(&mut self) -> Result<Vec<(f32, f32)>, &'static str> {
        let count = self.count(2 * FLOAT)?;
        let values = self.floats(2 * count)?;
        let points: Vec<(f32, f32)> = values.chunks_exact(2).map(|pair| (pair[0], pair[1])).collect();
        let is_share = |value: f32| (0.0..=1.0).contains(&value);
        if !points.iter().all(|(p, share)| is_share(*p) && is_share(*share)) {
            return Err("the calibration leaves 0 to 1");
        }
        if !points.windows(2).all(|pair| pair[0].0 < pair[1].0 && pair[0].1 <= pair[1].1) {
            return Err("the calibration does not rise");
        }
        Ok(points)
    }

    fn forest(&mut self) -> Result<Forest, &'static str> {
        let base = self.float()?;
        let signals = self.count(FLOAT)?;
        let ordinary = self.floats(signals)?;
        let count = self.count(LEAST_TREE)?;
        let trees = (0..count).map(|_| self.tree(signals)).collect::<Result<_, _>>()?;
        let forest = Forest { base, trees, ordinary };
        if forest.bounds().values().all(|bounds| bounds.len() <= MOST_BOUNDS) {
            Ok(forest)
        } else {
            Err("a signal has too many bounds")
        }
    }

    fn tree(&mut self, signals: usize) -> Result<Tree, &'static str> {
        let [depth] = self.array()?;
        if usize::from(depth) > DEPTH {
            return Err("a tree is too deep");
        }
        let splits = (0..depth)
            .map(|_| {
                let signal = u16::from_le_bytes(self.array()?);
                let bound = self.float()?;
                if usize::from(signal) < signals {
                    Ok((signal, bound))
                } else {
                    Err("a tree asks about no signal")
                }
            })
            .collect::<Result<_, _>>()?;
        Ok(Tree { splits, leaves: self.floats(1 << depth)? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reader() -> Reader {
        let tree = Tree { splits: vec![(1, 0.5)], leaves: vec![-1.0, 2.0] };
        let forest = Forest { base: 0.25, trees: vec![tree], ordinary: vec![0.0, 3.0] };
        Reader {
            words: vec![-3; SLOTS],
            first: forest.clone(),
            second: forest,
            calibration: vec![(0.0, 0.1), (1.0, 0.9)],
        }
    }

    #[test]
    fn what_is_written_is_read_back_and_a_changed_byte_is_seen() {
        let reader = reader();
        let mut bytes = reader.to_bytes();
        assert_eq!(Reader::from_bytes(&bytes).as_ref(), Ok(&reader));
        assert!(Reader::from_bytes(&bytes[..bytes.len() - 1]).is_err());
        *bytes.last_mut().unwrap() ^= 1;
        assert_eq!(Reader::from_bytes(&bytes), Err("the checksum does not match"));
    }

    #[test]
    fn weights_that_are_not_finite_are_refused() {
        let breaks: [fn(&mut Reader); 5] = [
            |reader| reader.first.base = f32::NAN,
            |reader| reader.first.ordinary[1] = f32::INFINITY,
            |reader| reader.second.trees[0].splits[0].1 = f32::NAN,
            |reader| reader.second.trees[0].leaves[1] = f32::NEG_INFINITY,
            |reader| reader.calibration[1].1 = f32::NAN,
        ];
        for break_it in breaks {
            let mut reader = reader();
            break_it(&mut reader);
            assert_eq!(Reader::from_bytes(&reader.to_bytes()), Err("a weight is not finite"));
        }
    }

    #[test]
    fn a_calibration_rises_from_0_to_1() {
        let read = |points: &[(f32, f32)]| {
            let reader = Reader { calibration: points.to_vec(), ..reader() };
            Reader::from_bytes(&reader.to_bytes()).map(|reader| reader.calibration)
        };
        for good in [&[][..], &[(0.5, 0.5)], &[(0.0, 0.0), (0.5, 0.7), (1.0, 0.7)]] {
            assert_eq!(read(good), Ok(good.to_vec()));
        }
        assert_eq!(read(&[(0.5, 0.1), (0.5, 0.9)]), Err("the calibration does not rise"));
        assert_eq!(read(&[(0.1, 0.9), (0.5, 0.1)]), Err("the calibration does not rise"));
        assert_eq!(read(&[(-0.1, 0.0), (0.5, 0.1)]), Err("the calibration leaves 0 to 1"));
        assert_eq!(read(&[(0.1, 0.0), (0.5, 1.1)]), Err("the calibration leaves 0 to 1"));
    }

    #[test]
    fn a_count_is_no_larger_than_what_is_left_can_hold() {
        let body = &reader().to_bytes()[HEAD.len() + CHECKSUM..];
        let points = body.len() - 2 * 2 * FLOAT - 4;
        let signals = SLOTS + FLOAT;
        let trees = signals + 4 + 2 * FLOAT;
        for at in [signals, trees, points] {
            let mut body = body.to_vec();
            body[at..at + 4].copy_from_slice(&u32::MAX.to_le_bytes());
            let bytes = [HEAD, &xxh3_128(&body).to_le_bytes(), &body].concat();
            assert_eq!(Reader::from_bytes(&bytes), Err("a count is too large"), "at {at}");
        }
    }
}
