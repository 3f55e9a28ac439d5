//! Byte sizes as people write them: `512MiB`, `64 KB`, `1000`.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A number of bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Size(u64);

const UNITS: [(&str, u64); 12] = [
    ("TiB", 1 << 40),
    ("GiB", 1 << 30),
    ("MiB", 1 << 20),
    ("KiB", 1 << 10),
    ("TB", 1_000_000_000_000),
    ("GB", 1_000_000_000),
    ("MB", 1_000_000),
    ("KB", 1_000),
    ("T", 1 << 40),
    ("G", 1 << 30),
    ("M", 1 << 20),
    ("K", 1 << 10),
];

impl Size {
    /// `n` bytes.
    #[must_use]
    pub const fn bytes(n: u64) -> Self {
        Self(n)
    }

    /// `n` × 2²⁰ bytes.
    #[must_use]
    pub const fn mebibytes(n: u64) -> Self {
        Self(n << 20)
    }

    /// The number of bytes.
    #[must_use]
    pub const fn get(self) -> u64 {
        self.0
    }
}

impl FromStr for Size {
    type Err = String;

    fn from_str(s: &str) -> Result<Self, String> {
        let s = s.trim();
        let (digits, unit) = UNITS
            .iter()
            .find_map(|&(name, unit)| {
                let cut = s.len().checked_sub(name.len())?;
                let (head, tail) = (s.get(..cut)?, s.get(cut..)?);
                tail.eq_ignore_ascii_case(name).then_some((head, unit))
            })
            .unwrap_or((s.strip_suffix(['B', 'b']).unwrap_or(s), 1));
        digits.trim().parse::<u64>().ok().and_then(|n| n.checked_mul(unit)).map(Self).ok_or_else(|| {
            format!("{s:?} is not a size; write a whole number and a unit, such as 512MiB, 64KB or 1000")
        })
    }
}

impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let binary = UNITS.iter().take(4).find(|(_, unit)| self.0 >= *unit && self.0.is_multiple_of(*unit));
        match binary {
            Some((name, unit)) => write!(f, "{}{name}", self.0 / unit),
            None => write!(f, "{}", self.0),
        }
    }
}

impl Serialize for Size {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Size {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged, expecting = "expected a size such as \"512MiB\" or a number of bytes")]
        enum Written {
            Number(u64),
            Text(String),
        }
        match Written::deserialize(deserializer)? {
            Written::Number(n) => Ok(Self(n)),
            Written::Text(s) => s.parse().map_err(serde::de::Error::custom),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_it_writes() {
        for text in ["64MiB", "1GiB", "2TiB", "1000", "1KiB", "1536KiB", "0"] {
            assert_eq!(text.parse::<Size>().unwrap().to_string(), text);
        }
        assert_eq!("5 mb".parse::<Size>().unwrap(), Size::bytes(5_000_000));
        assert_eq!("7B".parse::<Size>().unwrap(), Size::bytes(7));
        for text in ["", "MiB", "-1", "1.5GiB", "99999999999GiB", "12 parsecs", "ß"] {
            assert!(text.parse::<Size>().is_err(), "{text}");
        }
    }
}
