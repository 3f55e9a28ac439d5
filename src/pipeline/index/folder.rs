//! The folder of an index: taken by one run at a time, added to whole or not at all.
//!
//! A run's new layer lies in a folder that the manifest does not name yet, and so do the merged ones; when the run's outputs
//! have their names, the manifest takes them in by a rename. A run killed before that leaves an index as it was, and the next
//! one removes the rest. A run killed after it, or repeated for any reason, is recognised by what its inputs hold: the last instalment is taken back
//! and made again, with the same result. An instalment that is not the last is refused: it would be a copy of itself.
//!
//! Layers of about equal size are merged, so that there are about as many as the number of documents has binary digits.
//! The last run's layer stays alone until the next run, to be taken back if need be.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use xxhash_rust::xxh3::Xxh3;

use super::builder::LayerBuilder;
use super::builder::NewLayer;
use super::known::Known;
use super::layer::{FILES, Layer, TEXTS};
use super::manifest::{DAMAGED, FRESH, Instalment, LayerFiles, MANIFEST, Manifest, Stats, for_index};
use super::merge::merge;
use crate::config::{Config, InputConfig};
use crate::error::{Error, Result};
use crate::pipeline::state::{LOCK, checksum, hold, open_lock};
use crate::pipeline::{Decided, Job};
use crate::read::Input;

/// Folders of layers are called so, with a number behind it.
const LAYER: &str = "layer-";

/// An index that this process has taken.
#[derive(Debug)]
pub struct Index {
    folder: PathBuf,
    /// What was there before this run.
    manifest: Manifest,
    /// The number of the next folder of a layer.
    next: u64,
    /// A hash of what the inputs of this run hold.
    inputs: String,
    /// Whether the run was an instalment before.
    is_repeated: bool,
    _lock: File,
}

impl Index {
    /// The configuration of a run with an index: that of any run, but what comes first stays.
    ///
    /// # Errors
    /// [`Error::Config`] with the setting that an index cannot serve, and why.
    pub fn configure(config: Config) -> Result<Config> {
        for_index(config)
    }

    /// Takes the index in `folder` for a run with a configuration from [`Index::configure`], and makes it where there is
    /// nothing.
    ///
    /// # Errors
    /// [`Error::Index`] when the folder is no index, is in use, of another format, or made with other parameters;
    /// [`Error::Io`] with the path of what cannot be read or written.
    pub fn claim(folder: &Path, config: &Config) -> Result<Self> {
        match fs::create_dir(folder) {
            Err(e) if e.kind() == io::ErrorKind::AlreadyExists => refuse_foreign(folder)?,
            made => made.map_err(Error::io("create the folder", folder))?,
        }
        let lock = lock(folder)?;
        let manifest = match Manifest::read(folder)? {
            Some(manifest) => {
                manifest.check(folder, config)?;
                manifest
            }
            None => {
                refuse_orphans(folder)?;
                Manifest::new(config)
            }
        };
        let next = manifest.next;
        let (inputs, is_repeated) = (String::new(), false);
        let index = Self { folder: folder.to_owned(), manifest, next, inputs, is_repeated, _lock: lock };
        index.remove_leftovers()?;
        Ok(index)
    }

    /// The same for an index that must be there.
    ///
    /// # Errors
    /// Those of [`Index::claim`].
    pub fn claim_existing(folder: &Path, config: &Config) -> Result<Self> {
        existing(folder)?;
        Self::claim(folder, config)
    }

    /// Looks whether the index has had these inputs, read in this way, whatever they were called then. Those of the last instalment are taken
    /// out of what is known, to be made again. Standard input must have been spooled.
    ///
    /// # Errors
    /// [`Error::Index`] when they are those of an instalment that is not the last; [`Error::Interrupted`] when `stop` says
    /// so.
    pub fn recognise(
        &mut self,
        inputs: &[Input],
        read: &InputConfig,
        stop: impl FnMut() -> bool,
    ) -> Result<()> {
        self.inputs = content(inputs, read, stop)?;
        let instalments = &self.manifest.instalments;
        match instalments.iter().position(|instalment| instalment.inputs == self.inputs) {
            Some(at) if at + 1 < instalments.len() || !self.manifest.is_last_alone => {
                let message = format!(
                    "has these inputs as instalment {} of {} already: every document would be a copy of itself",
                    at + 1,
                    instalments.len()
                );
                Err(Error::Index { path: self.folder.clone(), message })
            }
            Some(_) => {
                self.is_repeated = true;
                self.manifest = self.manifest.clone().without_last();
                Ok(())
            }
            None => Ok(()),
        }
    }

    /// Whether these inputs were the last instalment, which is now made again.
    #[must_use]
    pub fn is_repeated(&self) -> bool {
        self.is_repeated
    }

    /// Opens what the index knows, without the instalment that is made again. Its files are read through and compared with
    /// their checksums, but for the texts, of which few are looked at.
    ///
    /// # Errors
    /// [`Error::Index`] with the file that is not what was written; [`Error::Io`] with the path of one that is missing.
    pub fn known(&self) -> Result<Known> {
        let open = |layer: &LayerFiles| {
            FILES.iter().filter(|file| **file != TEXTS).try_for_each(|file| self.check(layer, file))?;
            Layer::open(&self.folder.join(&layer.folder), layer.sizes)
        };
        let layers = self.manifest.layers.iter().map(open).collect::<Result<_>>()?;
        Ok(Known::new(layers, self.manifest.ranked(), self.manifest.identity()))
    }

    /// Refuses a file of a layer that is not what was written.
    fn check(&self, layer: &LayerFiles, file: &str) -> Result<()> {
        let path = self.folder.join(&layer.folder).join(file);
        if layer.checksums.get(file) == Some(&file_checksum(&path)?) {
            return Ok(());
        }
        Err(Error::Index { path, message: DAMAGED.to_owned() })
    }

    /// Begins the layer of a run that is decided: it is to be among the run's [`Outputs`](crate::pipeline::Outputs).
    ///
    /// # Errors
    /// [`Error::Io`] with the path of what cannot be written.
    pub fn begin_layer(&self, job: &Job<'_>, decided: &Decided) -> Result<LayerBuilder> {
        // Without those of a reference, which has numbers and ranks for this run only.
        let (first, ranked) = (self.manifest.documents(), self.manifest.ranked());
        let folder = self.folder.join(format!("{LAYER}{}", self.next));
        LayerBuilder::create(job, job.config, &folder, (first, ranked), decided.store.records())
    }

    /// Makes everything ready for a run's layer to be taken in, which can take long and need room on the disk. Nothing is
    /// known to anybody yet.
    ///
    /// # Errors
    /// [`Error::Io`] with the path of what cannot be written.
    pub fn prepare(mut self, layer: &NewLayer) -> Result<Prepared> {
        if layer.read == 0 {
            return Ok(Prepared { index: self, adds: false });
        }
        let added = describe(&layer.folder, layer.sizes)?;
        self.next += 1;
        self.merge_layers()?;
        debug_assert!(layer.ranked >= self.manifest.ranked(), "ranks only grow");
        self.manifest.layers.push(added);
        self.manifest.instalments.push(Instalment {
            inputs: self.inputs.clone(),
            documents: layer.read,
            kept: layer.sizes.documents,
            ranked: layer.ranked,
        });
        self.manifest.is_last_alone = true;
        self.manifest.next = self.next;
        Ok(Prepared { index: self, adds: true })
    }

    /// Merges layers as long as one is less than twice as large as the one after it.
    fn merge_layers(&mut self) -> Result<()> {
        while let [.., older, newer] = &self.manifest.layers[..]
            && older.sizes.documents < 2 * newer.sizes.documents.max(1)
        {
            // A new checksum must not make good what is not.
            [older, newer].iter().try_for_each(|layer| self.check(layer, TEXTS))?;
            let [a, b] = [older, newer].map(|layer| self.folder.join(&layer.folder));
            let folder = self.folder.join(format!("{LAYER}{}", self.next));
            let sizes = merge((&a, older.sizes), (&b, newer.sizes), &folder)?;
            let merged = describe(&folder, sizes)?;
            self.next += 1;
            self.manifest.layers.truncate(self.manifest.layers.len() - 2);
            self.manifest.layers.push(merged);
        }
        Ok(())
    }

    /// Removes the folders of layers that the manifest does not name.
    fn remove_leftovers(&self) -> Result<()> {
        self.manifest.remove_all_others(&self.folder)
    }

    /// What the index in `folder` holds. Nobody is kept from using it meanwhile.
    ///
    /// # Errors
    /// [`Error::Index`] when there is none.
    pub fn stats(folder: &Path) -> Result<Stats> {
        let manifest = existing(folder)?;
        let bytes = |file: &'static str| {
            (file, manifest.layers.iter().map(|layer| layer.sizes.bytes(file)).sum::<u64>())
        };
        Ok(Stats {
            format: manifest.format,
            documents: u64::from(manifest.documents()),
            layers: manifest.layers.len(),
            bytes: FILES.into_iter().map(bytes).collect(),
            parameters: manifest.parameters,
            instalments: manifest.instalments,
        })
    }

    /// Takes back the last instalment of the index in `folder`; what it was. Its outputs stay where they are.
    ///
    /// # Errors
    /// [`Error::Index`] when there is no index, it is in use, or it has no instalment.
    pub fn undo(folder: &Path) -> Result<Instalment> {
        existing(folder)?;
        let _lock = lock(folder)?;
        let manifest = existing(folder)?;
        let refuse =
            |message: &str| Err(Error::Index { path: folder.to_owned(), message: message.to_owned() });
        let Some(last) = manifest.instalments.last().cloned() else {
            return refuse("has no instalment to take back");
        };
        if !manifest.is_last_alone {
            return refuse(
                "keeps only its last instalment apart from the others, and that was taken back already; to go further \
                 back, clean the instalments that are to stay into a new index",
            );
        }
        let manifest = manifest.without_last();
        manifest.write(folder)?;
        // What cannot be removed now, the next run removes.
        let _ = manifest.remove_all_others(folder);
        Ok(last)
    }

    pub(super) fn locked(folder: &Path) -> Result<(Manifest, File)> {
        existing(folder)?;
        let lock = lock(folder)?;
        Ok((existing(folder)?, lock))
    }
}

/// An index that only has to be told that a run's outputs have their names.
#[derive(Debug)]
pub struct Prepared {
    index: Index,
    /// Whether there is anything to tell.
    adds: bool,
}

impl Prepared {
    /// Takes the run's layer in, by one rename. The run's outputs must have their names by now.
    ///
    /// # Errors
    /// [`Error::Io`] with the path of what cannot be written; then the index is as it was.
    pub fn commit(self) -> Result<()> {
        let Self { index, adds } = self;
        if adds {
            index.manifest.write(&index.folder)?;
        }
        // What cannot be removed now, the next run removes.
        let _ = index.remove_leftovers();
        Ok(())
    }
}

impl Manifest {
    /// Removes the layers in `folder` that it does not name.
    fn remove_all_others(&self, folder: &Path) -> Result<()> {
        for entry in list(folder)? {
            let is_named = self.layers.iter().any(|layer| entry.ends_with(&layer.folder));
            if is_layer(&entry) && !is_named {
                fs::remove_dir_all(&entry).map_err(Error::io("remove the folder", &entry))?;
            }
        }
        Ok(())
    }
}

/// A hash of what the inputs hold, in their order, and of how they are read.
fn content(inputs: &[Input], read: &InputConfig, mut stop: impl FnMut() -> bool) -> Result<String> {
    let mut sums = serde_json::to_string(read).expect("names and numbers");
    for input in inputs {
        // What cannot be read is a reject later, and nothing to be known by here.
        sums += &checksum_unless(&input.file, &mut stop).or_else(|error| match error {
            Error::Io { .. } => Ok(String::new()),
            error => Err(error),
        })?;
        sums.push('\n');
    }
    Ok(checksum(sums.as_bytes()))
}

/// The manifest of an index that must be there.
fn existing(folder: &Path) -> Result<Manifest> {
    let none = || Error::Index { path: folder.to_owned(), message: "is no index of dehusk".to_owned() };
    if folder.is_dir() { Manifest::read(folder)?.ok_or_else(none) } else { Err(none()) }
}

/// Refuses a folder with anything in it that no index has: it is somebody's, who would not want it to become one.
fn refuse_foreign(folder: &Path) -> Result<()> {
    let refuse = |message: String| Err(Error::Index { path: folder.to_owned(), message });
    if !folder.is_dir() {
        return refuse("is no folder; name another".to_owned());
    }
    let is_file = |path: &PathBuf| path.symlink_metadata().is_ok_and(|found| found.is_file());
    let is_own = |path: &PathBuf| {
        [LOCK, MANIFEST, FRESH].iter().any(|name| path.ends_with(name)) && is_file(path) || is_layer(path)
    };
    match list(folder)?.into_iter().find(|path| !is_own(path)) {
        Some(path) => {
            let name = path.file_name().unwrap_or_default().display();
            refuse(format!(
                "holds {name}, which is nothing of an index; name another folder, or move it away"
            ))
        }
        None => Ok(()),
    }
}

/// Refuses layers without a manifest: they are of an index that has lost it. A first run that was killed leaves one at most,
/// which nobody has known yet.
fn refuse_orphans(folder: &Path) -> Result<()> {
    let is_orphan = |path: &PathBuf| is_layer(path) && !path.ends_with(format!("{LAYER}0"));
    if !list(folder)?.iter().any(is_orphan) {
        return Ok(());
    }
    let message = format!(
        "has lost its file {MANIFEST}, without which its layers mean nothing; take the file from a backup, or remove the \
         folder and make the index anew"
    );
    Err(Error::Index { path: folder.to_owned(), message })
}

/// Whether this is a layer, or as much of one as a killed run has left: a folder with its name and no other files.
fn is_layer(path: &Path) -> bool {
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    let number = name.strip_prefix(LAYER).unwrap_or_default();
    let is_file_of_one = |file: PathBuf| FILES.iter().any(|name| file.ends_with(name));
    !number.is_empty()
        && number.bytes().all(|byte| byte.is_ascii_digit())
        && list(path).is_ok_and(|files| files.into_iter().all(is_file_of_one))
}

fn list(folder: &Path) -> Result<Vec<PathBuf>> {
    let entries = fs::read_dir(folder)
        .and_then(|entries| entries.map(|entry| Ok(entry?.path())).collect::<io::Result<Vec<_>>>());
    entries.map_err(Error::io("list the folder", folder))
}

fn lock(folder: &Path) -> Result<File> {
    let refuse = |message: &str| Error::Index { path: folder.to_owned(), message: message.to_owned() };
    let file = open_lock(folder)?.ok_or_else(|| refuse("went while it was opened"))?;
    hold(&file, folder, || refuse("is in use by another run; wait for it"))?;
    Ok(file)
}

fn describe(folder: &Path, sizes: super::layer::Sizes) -> Result<LayerFiles> {
    let mut checksums = BTreeMap::new();
    for file in FILES {
        checksums.insert(file.to_owned(), file_checksum(&folder.join(file))?);
    }
    // The files are on disk; now their names are.
    let _ = File::open(folder).and_then(|folder| folder.sync_all());
    let name = folder.file_name().and_then(|name| name.to_str()).unwrap_or_default().to_owned();
    Ok(LayerFiles { folder: name, sizes, checksums })
}

/// `xxh3_128` of a file, in hex.
pub(super) fn file_checksum(path: &Path) -> Result<String> {
    checksum_unless(path, &mut || false)
}

/// The same, given up when `stop` says so.
fn checksum_unless(path: &Path, stop: &mut impl FnMut() -> bool) -> Result<String> {
    let mut hash = Xxh3::new();
    let mut file = File::open(path).map_err(Error::io("open the file", path))?;
    let mut buffer = vec![0; 1 << 20];
    loop {
        if stop() {
            return Err(Error::Interrupted);
        }
        match io::Read::read(&mut file, &mut buffer).map_err(Error::io("read the file", path))? {
            0 => return Ok(format!("{:032x}", hash.digest128())),
            read => hash.update(&buffer[..read]),
        }
    }
}
