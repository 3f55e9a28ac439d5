//! Two layers that follow each other, as one: so that there are few of them, however many instalments there were.

use std::cmp::Ordering;
use std::fs::{self, File};
use std::io;
use std::iter::Peekable;
use std::path::Path;

use super::builder::write;
use super::layer::{BUCKETS, IDS, KEYS, KnownRow, LINES, Layer, Line, PARAGRAPHS, ROWS, Sizes, TEXTS};
use crate::error::{Error, Result};
use crate::pipeline::sort::Record;
use crate::pipeline::spool::Extent;
use crate::pipeline::table::Table;

/// Writes the layers in `older` and `newer` into a new folder as one.
pub(super) fn merge(older: (&Path, Sizes), newer: (&Path, Sizes), folder: &Path) -> Result<Sizes> {
    fs::create_dir(folder).map_err(Error::io("create the folder", folder))?;
    let [a, b] = [Layer::open(older.0, older.1)?, Layer::open(newer.0, newer.1)?];
    let offset = a.sizes.texts.length;
    let moved = b.rows.iter().map(|row| row.map(|row| KnownRow { text: row.text + offset, ..row }));
    write(&folder.join(ROWS), a.rows.iter().chain(moved), |_, _| false)?;
    let texts = [older.0, newer.0].map(|folder| folder.join(TEXTS));
    concatenate(&texts, &folder.join(TEXTS))?;
    // The older layer was asked before a key went into the newer one, so no id is in both, and the rest is for safety.
    let lines = Summed(merged(&a.lines, &b.lines, |line| (line.key, line.site)).peekable());
    Ok(Sizes {
        first: a.sizes.first,
        documents: a.sizes.documents + b.sizes.documents,
        ids: write(&folder.join(IDS), merged(&a.ids, &b.ids, |id| *id), |a, b| a == b)?,
        keys: write(&folder.join(KEYS), merged(&a.keys, &b.keys, |key| key.exact), |a, b| {
            a.exact == b.exact
        })?,
        buckets: write(&folder.join(BUCKETS), merged(&a.buckets, &b.buckets, |b| *b), |_, _| false)?,
        paragraphs: write(
            &folder.join(PARAGRAPHS),
            merged(&a.paragraphs, &b.paragraphs, |paragraph| paragraph.key),
            |a, b| a.key == b.key,
        )?,
        lines: write(&folder.join(LINES), lines, |_, _| false)?,
        texts: Extent {
            length: a.sizes.texts.length + b.sizes.texts.length,
            longest: a.sizes.texts.longest.max(b.sizes.texts.longest),
        },
    })
}

/// The records of two sorted tables in order; of equal keys the older table's first.
fn merged<'t, T: Record, K: Ord>(
    older: &'t Table<T>,
    newer: &'t Table<T>,
    key: impl Fn(&T) -> K + 't,
) -> impl Iterator<Item = Result<T>> + 't {
    let (mut older, mut newer) = (older.iter().peekable(), newer.iter().peekable());
    std::iter::from_fn(move || match (older.peek(), newer.peek()) {
        (Some(Ok(a)), Some(Ok(b))) if key(b).cmp(&key(a)) == Ordering::Less => newer.next(),
        (Some(_), _) => older.next(),
        (None, _) => newer.next(),
    })
}

/// Lines of one key and site as one.
struct Summed<I>(I);

impl<I: Iterator<Item = Result<Line>>> Iterator for Summed<Peekable<I>> {
    type Item = Result<Line>;

    fn next(&mut self) -> Option<Result<Line>> {
        let mut line = match self.0.next()? {
            Ok(line) => line,
            error => return Some(error),
        };
        let same =
            |next: &Result<Line>| matches!(next, Ok(next) if (next.key, next.site) == (line.key, line.site));
        while let Some(Ok(next)) = self.0.next_if(same) {
            line.documents = line.documents.saturating_add(next.documents);
        }
        Some(Ok(line))
    }
}

fn concatenate(files: &[impl AsRef<Path>], path: &Path) -> Result<()> {
    let mut out = File::create(path).map_err(Error::io("create the file", path))?;
    for file in files {
        let mut file = File::open(file).map_err(Error::io("open the file", file))?;
        io::copy(&mut file, &mut out).map_err(Error::io("write the file", path))?;
    }
    out.sync_data().map_err(Error::io("bring the file to disk", path))
}
