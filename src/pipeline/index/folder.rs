//! The folder of an index: taken by one run at a time, added to whole or not at all.
//!
//! A run's new layer lies in a folder that the manifest does not name yet; when the run's outputs have their names, the
//! manifest takes it in by a rename. A run killed before that leaves an index as it was, and the next one removes the rest.
//! A run killed after it, or repeated for any reason, is recognised by its inputs: the last instalment is taken back
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
use super::layer::{FILES, Layer};
use super::manifest::{Instalment, LayerFiles, MANIFEST, Manifest, Stats, for_index};
use super::merge::merge;
use crate::config::Config;
use crate::error::{Error, Result};
use crate::pipeline::checkpoint::identity;
use crate::pipeline::state::{LOCK, hold, open_lock};
use crate::pipeline::{Decided, Job};
use crate::read::{Input, STANDARD_INPUT};

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
    /// What the inputs of this run are.
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
    /// [`Error::Index`] when the folder is no index, is in use, of another format, made with other parameters, or has
    /// these inputs in an instalment that is not the last; [`Error::Io`] with the path of what cannot be read or written.
    pub fn claim(folder: &Path, config: &Config, inputs: &[Input]) -> Result<Self> {
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
            None => Manifest::new(config),
        };
        let mut index = Self {
            folder: folder.to_owned(),
            next: manifest.next,
            manifest,
            inputs: if inputs.iter().any(is_unrepeatable) { String::new() } else { identity(inputs) },
            is_repeated: false,
            _lock: lock,
        };
        index.remove_leftovers()?;
        let same = |instalment: &Instalment| !index.inputs.is_empty() && instalment.inputs == index.inputs;
        let instalments = &index.manifest.instalments;
        match instalments.iter().position(same) {
            Some(at) if at + 1 < instalments.len() || !index.manifest.is_last_alone => {
                let message = format!(
                    "has these inputs as instalment {} of {} already: every document would be a copy of itself",
                    at + 1,
                    instalments.len()
                );
                return Err(Error::Index { path: folder.to_owned(), message });
            }
            Some(_) => {
                index.is_repeated = true;
                index.manifest = index.manifest.without_last();
            }
            None => {}
        }
        Ok(index)
    }

    /// Whether these inputs were the last instalment, which is now made again.
    #[must_use]
    pub fn is_repeated(&self) -> bool {
        self.is_repeated
    }

    /// Opens what the index knows, without the instalment that is made again.
    ///
    /// # Errors
    /// [`Error::Io`] with the path of the file that is missing or has another length.
    pub fn known(&self) -> Result<Known> {
        let open = |layer: &LayerFiles| Layer::open(&self.folder.join(&layer.folder), layer.sizes);
        let layers = self.manifest.layers.iter().map(open).collect::<Result<_>>()?;
        Ok(Known::new(layers, self.manifest.ranked(), self.manifest.identity()))
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

    /// Takes a run's layer in. Its outputs must have their names by now.
    ///
    /// # Errors
    /// [`Error::Io`] with the path of what cannot be written; then the index is as it was.
    pub fn commit(mut self, layer: &NewLayer) -> Result<()> {
        let added = self.described(layer)?;
        self.next += 1;
        let mut obsolete = self.merge_layers()?;
        let before = self.manifest.ranked();
        debug_assert!(layer.ranked >= before, "ranks only grow");
        self.manifest.layers.push(added);
        self.manifest.instalments.push(Instalment {
            inputs: self.inputs.clone(),
            documents: layer.read,
            kept: layer.sizes.documents,
            ranked: layer.ranked,
        });
        self.manifest.is_last_alone = true;
        self.manifest.next = self.next;
        self.manifest.write(&self.folder)?;
        // Whatever cannot be removed now, the next run removes.
        obsolete.retain(|folder| fs::remove_dir_all(folder).is_err());
        self.remove_leftovers()
    }

    /// Merges layers as long as one is less than twice as large as the one after it. Returns the folders that are not
    /// needed any more.
    fn merge_layers(&mut self) -> Result<Vec<PathBuf>> {
        let mut obsolete = Vec::new();
        while let [.., older, newer] = &self.manifest.layers[..]
            && older.sizes.documents < 2 * newer.sizes.documents.max(1)
        {
            let [a, b] = [older, newer].map(|layer| self.folder.join(&layer.folder));
            let folder = self.folder.join(format!("{LAYER}{}", self.next));
            let sizes = merge((&a, older.sizes), (&b, newer.sizes), &folder)?;
            let merged = describe(&folder, sizes)?;
            self.next += 1;
            self.manifest.layers.truncate(self.manifest.layers.len() - 2);
            self.manifest.layers.push(merged);
            obsolete.extend([a, b]);
        }
        Ok(obsolete)
    }

    fn described(&self, layer: &NewLayer) -> Result<LayerFiles> {
        describe(&layer.folder, layer.sizes)
    }

    /// Removes the folders of layers that the manifest does not name.
    fn remove_leftovers(&self) -> Result<()> {
        let named: Vec<&str> = self.manifest.layers.iter().map(|layer| layer.folder.as_str()).collect();
        for entry in list(&self.folder)? {
            let name = entry.file_name().and_then(|name| name.to_str()).unwrap_or_default();
            if name.starts_with(LAYER) && !named.contains(&name) {
                fs::remove_dir_all(&entry).map_err(Error::io("remove the folder", &entry))?;
            }
        }
        Ok(())
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
            return refuse("has taken back an instalment before; only the last one of a run can be");
        }
        manifest.without_last().write(folder)?;
        Ok(last)
    }

    pub(super) fn locked(folder: &Path) -> Result<(Manifest, File)> {
        existing(folder)?;
        let lock = lock(folder)?;
        Ok((existing(folder)?, lock))
    }
}

/// Whether an input is gone when the run is: nothing tells the next one from it.
fn is_unrepeatable(input: &Input) -> bool {
    &*input.path == STANDARD_INPUT
}

/// The manifest of an index that must be there.
fn existing(folder: &Path) -> Result<Manifest> {
    let none = || Error::Index { path: folder.to_owned(), message: "is no index of dehusk".to_owned() };
    Manifest::read(folder)?.ok_or_else(none)
}

/// Refuses a folder with files that no index has: its user would not want it to become one.
fn refuse_foreign(folder: &Path) -> Result<()> {
    let is_own = |path: &PathBuf| {
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        name == LOCK || name.starts_with(LAYER) || name.starts_with(MANIFEST)
    };
    if !folder.is_dir() || (!folder.join(MANIFEST).is_file() && !list(folder)?.iter().all(is_own)) {
        let message = "is no index of dehusk and not empty; name another folder".to_owned();
        return Err(Error::Index { path: folder.to_owned(), message });
    }
    Ok(())
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
    let mut hash = Xxh3::new();
    let mut file = File::open(path).map_err(Error::io("open the file", path))?;
    let mut buffer = vec![0; 1 << 20];
    loop {
        match io::Read::read(&mut file, &mut buffer).map_err(Error::io("read the file", path))? {
            0 => return Ok(format!("{:032x}", hash.digest128())),
            read => hash.update(&buffer[..read]),
        }
    }
}
