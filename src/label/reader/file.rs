//! The weights file of the reader: a line that names its format, a checksum, numbers in little-endian order.

use xxhash_rust::xxh3::xxh3_128;

use super::Reader;
use super::forest::{DEPTH, Forest, Tree};
use super::words::SLOTS;

/// Changes when the layout of the file or the signals of a table do.
const HEAD: &[u8] = b"dehusk reader 1\n";
const CHECKSUM: usize = 16;

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
    /// In words, what is wrong with it: another format, a wrong checksum, an end too early.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, &'static str> {
        let rest = bytes.strip_prefix(HEAD).ok_or("not a weights file of this version")?;
        let (checksum, body) = rest.split_at_checked(CHECKSUM).ok_or("cut off")?;
        if xxh3_128(body).to_le_bytes() != checksum {
            return Err("the checksum does not match");
        }
        let mut body = Bytes(body);
        let words = body.take(SLOTS)?.iter().map(|&b| b as i8).collect();
        let (first, second) = (body.forest()?, body.forest()?);
        let points = u32::from_le_bytes(body.array()?);
        let point = |body: &mut Bytes<'_>| -> Result<(f32, f32), &'static str> {
            Ok((f32::from_le_bytes(body.array()?), f32::from_le_bytes(body.array()?)))
        };
        let calibration = (0..points).map(|_| point(&mut body)).collect::<Result<_, _>>()?;
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

    fn floats(&mut self, count: usize) -> Result<Vec<f32>, &'static str> {
        (0..count).map(|_| self.array().map(f32::from_le_bytes)).collect()
    }

    fn forest(&mut self) -> Result<Forest, &'static str> {
        let base = f32::from_le_bytes(self.array()?);
        let signals = u32::from_le_bytes(self.array()?) as usize;
        let ordinary = self.floats(signals)?;
        let count = u32::from_le_bytes(self.array()?);
        let trees = (0..count).map(|_| self.tree(signals)).collect::<Result<_, _>>()?;
        Ok(Forest { base, trees, ordinary })
    }

    fn tree(&mut self, signals: usize) -> Result<Tree, &'static str> {
        let [depth] = self.array()?;
        if usize::from(depth) > DEPTH {
            return Err("a tree is too deep");
        }
        let splits = (0..depth)
            .map(|_| {
                let signal = u16::from_le_bytes(self.array()?);
                let bound = f32::from_le_bytes(self.array()?);
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

    #[test]
    fn what_is_written_is_read_back_and_a_changed_byte_is_seen() {
        let tree = Tree { splits: vec![(1, 0.5)], leaves: vec![-1.0, 2.0] };
        let forest = Forest { base: 0.25, trees: vec![tree], ordinary: vec![0.0, 3.0] };
        let reader = Reader {
            words: vec![-3; SLOTS],
            first: forest.clone(),
            second: forest,
            calibration: vec![(0.0, 0.1), (1.0, 0.9)],
        };
        let mut bytes = reader.to_bytes();
        assert_eq!(Reader::from_bytes(&bytes).as_ref(), Ok(&reader));
        assert!(Reader::from_bytes(&bytes[..bytes.len() - 1]).is_err());
        *bytes.last_mut().unwrap() ^= 1;
        assert_eq!(Reader::from_bytes(&bytes), Err("the checksum does not match"));
    }
}
