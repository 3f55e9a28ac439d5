//! The scratch folder of a run.
//!
//! It stands beside the output by default, because that file system is the one the user chose for large files.
//! Dropping the value removes the folder with everything in it, also when the run failed. When it is wrong: a killed
//! run leaves its folder behind; the name says which output it belonged to.

use std::fs;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use crate::error::{Error, Result};

/// The version of everything a run keeps in its work folder. It changes when a format in there does.
pub const WORK_FORMAT: u32 = 1;

/// A folder of one run, removed on drop.
#[derive(Debug)]
pub struct WorkFolder {
    folder: TempDir,
}

impl WorkFolder {
    /// Makes a fresh folder named after `output`, in `parent` or else beside `output`, and writes its format into
    /// the file `version`.
    ///
    /// # Errors
    /// [`Error::Io`] with the path of the folder or file that could not be written.
    pub fn create(parent: Option<&Path>, output: &Path) -> Result<Self> {
        let beside = output.parent().filter(|folder| !folder.as_os_str().is_empty());
        let parent = parent.or(beside).unwrap_or(Path::new("."));
        let name = output.file_name().unwrap_or_default().to_string_lossy();
        let folder = tempfile::Builder::new()
            .prefix(&format!(".{name}.work-"))
            .tempdir_in(parent)
            .map_err(Error::io("create a work folder there", parent))?;
        let work = Self { folder };
        let version = work.file("version");
        fs::write(&version, format!("dehusk work folder, format {WORK_FORMAT}\n"))
            .map_err(Error::io("write the file", version))?;
        Ok(work)
    }

    /// The folder itself.
    #[must_use]
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// The path of the file `name` in it.
    #[must_use]
    pub fn file(&self, name: &str) -> PathBuf {
        self.path().join(name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_runs_have_two_folders_and_nothing_stays() {
        let beside = tempfile::tempdir().unwrap();
        let output = beside.path().join("corpus.jsonl");
        let (one, two) =
            (WorkFolder::create(None, &output).unwrap(), WorkFolder::create(None, &output).unwrap());
        assert_ne!(one.path(), two.path());
        assert_eq!(one.path().parent(), Some(beside.path()));
        assert_eq!(fs::read_to_string(one.file("version")).unwrap(), "dehusk work folder, format 1\n");
        fs::write(one.file("some.run"), "left behind").unwrap();
        drop((one, two));
        assert_eq!(fs::read_dir(beside.path()).unwrap().count(), 0);
    }

    #[test]
    fn a_missing_parent_is_named() {
        let parent = tempfile::tempdir().unwrap();
        let missing = parent.path().join("missing");
        let error = WorkFolder::create(Some(&missing), Path::new("out.jsonl")).unwrap_err();
        assert!(error.to_string().starts_with(&missing.display().to_string()), "{error}");
    }
}
