//! Figures that must not fall: `SET/RENDER:MEASURE=VALUE`, on the command line or in a file, one a line.
//!
//! A floor that names pages or a measure that are not there is an error, so that a renamed set cannot turn a check off.

use std::path::Path;
use std::str::FromStr;

use anyhow::{Context, Result, bail};

use crate::score::Row;

/// Figures have three digits, and so do floors: what is printed as equal is equal.
const DIGITS: f64 = 1000.0;

/// The least value of one measure on one set in one render.
#[derive(Debug, Clone, PartialEq)]
pub struct Floor {
    set: String,
    render: String,
    measure: String,
    least: f64,
}

impl FromStr for Floor {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let parts = || {
            let (place, value) = text.split_once('=')?;
            let (pages, measure) = place.rsplit_once(':')?;
            let (set, render) = pages.rsplit_once('/')?;
            let least = value.trim().parse().ok()?;
            let [set, render, measure] = [set, render, measure].map(|part| part.trim().to_owned());
            Some(Self { set, render, measure, least })
        };
        let floor = parts().ok_or_else(|| format!("{text:?}: expected SET/RENDER:MEASURE=VALUE"))?;
        let names = Row::default().measures().map(|(name, _)| name);
        match names.contains(&&*floor.measure) {
            true => Ok(floor),
            false => Err(format!("{text:?}: the measures are {}", names.join(", "))),
        }
    }
}

/// The floors in a file; `#` begins a remark.
///
/// # Errors
/// The file cannot be read, or a line is no floor.
pub fn read(path: &Path) -> Result<Vec<Floor>> {
    let text = std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    let lines = text.lines().map(|line| line.split('#').next().unwrap_or_default().trim());
    let floors = lines.filter(|line| !line.is_empty()).map(|line| match line.parse() {
        Ok(floor) => Ok(floor),
        Err(message) => bail!("{}: {message}", path.display()),
    });
    floors.collect()
}

impl Floor {
    /// What fell below the floor, in words; `None` where nothing did.
    ///
    /// # Errors
    /// There are no pages of that set and render.
    pub fn check(&self, row: impl Fn(&str, &str) -> Option<Row>) -> Result<Option<String>> {
        let Self { set, render, measure, least } = self;
        let row = row(set, render);
        let row =
            row.with_context(|| format!("a floor names {set}/{render}, of which there are no pages"))?;
        let value = row.measures().iter().find(|(name, _)| name == measure).map_or(0.0, |(_, value)| *value);
        let fell = (value * DIGITS).round() < (least * DIGITS).round();
        Ok(fell.then(|| format!("{set}/{render}: {measure} is {value:.3}, below its floor of {least:.3}")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::score::Scores;

    fn row(set: &str, _: &str) -> Option<Row> {
        let page = Scores { precision: Some(0.5), recall: Some(1.0), word_f1: 0.8004 };
        (set == "news").then(|| Row::of([page].into_iter()))
    }

    #[test]
    fn a_figure_below_its_floor_is_named() {
        let check = |text: &str| text.parse::<Floor>().unwrap().check(row);
        assert_eq!(check("news/wet:shF1=0.66").unwrap(), None);
        let fell = check("news/wet:shP=0.6").unwrap().unwrap();
        assert_eq!(fell, "news/wet: shP is 0.500, below its floor of 0.600");
        assert_eq!(check("news/wet:wordF=0.8004").unwrap(), None);
        assert!(check("old/wet:shP=0.1").unwrap_err().to_string().contains("old/wet"));
    }

    #[test]
    fn a_floor_that_measures_nothing_is_refused() {
        assert!("news/wet:F1=0.5".parse::<Floor>().unwrap_err().contains("shP, shR, shF1, wordF"));
        assert!("news:shP=0.5".parse::<Floor>().unwrap_err().contains("expected"));
        assert!("news/wet:shP=high".parse::<Floor>().is_err());
    }
}
