//! Work folders as runs make them, and as kills leave them.

use super::*;
use crate::write::Existing;

#[test]
fn two_throwaway_folders_have_two_names_and_nothing_stays() {
    let beside = tempfile::tempdir().unwrap();
    let output = beside.path().join("corpus.jsonl");
    let (one, two) = (WorkFolder::create(None, &output).unwrap(), WorkFolder::create(None, &output).unwrap());
    assert_ne!(one.path(), two.path());
    assert_eq!(one.path().parent(), Some(beside.path()));
    assert_eq!(
        fs::read_to_string(one.file("version")).unwrap(),
        format!("dehusk work folder, format {WORK_FORMAT}\n")
    );
    fs::write(one.file("some.run"), "left behind").unwrap();
    drop((one, two));
    assert_eq!(fs::read_dir(beside.path()).unwrap().count(), 0);
}

#[test]
fn a_missing_parent_is_named() {
    let parent = tempfile::tempdir().unwrap();
    let missing = parent.path().join("missing");
    for work in [
        WorkFolder::create(Some(&missing), Path::new("out.jsonl")),
        WorkFolder::claim(Some(&missing), Path::new("out.jsonl"), Leftover::Resume),
    ] {
        let error = work.unwrap_err();
        assert!(error.to_string().starts_with(&missing.display().to_string()), "{error}");
    }
}

#[test]
fn a_folder_is_held_by_one_and_stays_with_its_checkpoint_only() {
    let beside = tempfile::tempdir().unwrap();
    let output = beside.path().join("corpus.jsonl");
    let claim = |leftover| WorkFolder::claim(None, &output, leftover);
    let left = || fs::read_dir(beside.path()).unwrap().count();

    let work = claim(Leftover::Resume).unwrap();
    let error = claim(Leftover::Remove).unwrap_err().to_string();
    assert!(error.contains("is in use by another run"), "{error}");
    drop(work);
    assert_eq!(left(), 0);

    let work = claim(Leftover::Resume).unwrap();
    for name in ["old-0.run", "old-1.run", "drafts"] {
        fs::write(work.file(name), "").unwrap();
    }
    work.save(&7_u32, ["old-1.run".to_owned()].into_iter()).unwrap();
    let temporary = beside.path().join(".corpus.jsonl.half");
    fs::write(&temporary, "").unwrap();
    work.remember_temporary()(&temporary).unwrap();
    drop(work);
    assert_eq!(left(), 2);

    let work = claim(Leftover::Resume).unwrap();
    assert_eq!(work.load::<u32>().unwrap(), Some(7));
    assert!(work.file("old-1.run").exists() && work.file("drafts").exists());
    assert!(!work.file("old-0.run").exists() && !temporary.exists());
    drop(work);

    let work = claim(Leftover::Remove).unwrap();
    assert_eq!(work.load::<u32>().unwrap(), None);
    assert!(!work.file("old-1.run").exists());
    work.save(&8_u32, std::iter::empty()).unwrap();
    work.finish().unwrap();
    assert_eq!(left(), 0);
}

#[test]
fn what_a_kill_can_leave_can_be_claimed() {
    let beside = tempfile::tempdir().unwrap();
    let output = beside.path().join("corpus.jsonl");
    let path = WorkFolder::claim(None, &output, Leftover::Resume).unwrap().path().to_owned();
    let whose = version_line();
    // At the beginning; before the first checkpoint; in the middle of a removal.
    for left in
        [&["lock"][..], &["lock", "version.new"], &["version", "x-0.run", "drafts"], &["lock", "version"]]
    {
        for leftover in [Leftover::Resume, Leftover::Remove] {
            fs::create_dir(&path).unwrap();
            left.iter().for_each(|name| fs::write(path.join(name), &whose).unwrap());
            let work = WorkFolder::claim(None, &output, leftover).unwrap();
            assert!(!work.file("x-0.run").exists() && !work.file("drafts").exists());
            drop(work);
            assert!(!path.exists(), "{left:?}");
        }
    }
}

#[test]
fn outputs_half_named_are_ours_until_the_folder_is_gone() {
    let beside = tempfile::tempdir().unwrap();
    let output = beside.path().join("corpus.jsonl");
    let ours = || WorkFolder::is_half_committed(None, &output);
    let work = WorkFolder::claim(None, &output, Leftover::Resume).unwrap();
    assert!(!ours());
    work.begin_commit().unwrap();
    let saved = tempfile::tempdir().unwrap();
    let (mark, version) = (work.file("committing"), work.file("version"));
    fs::copy(&version, saved.path().join("version")).unwrap();
    drop(work);
    assert!(!ours());

    // What a kill leaves: without a checkpoint, whoever resumes begins again and may still replace them.
    fs::create_dir(mark.parent().unwrap()).unwrap();
    fs::copy(saved.path().join("version"), &version).unwrap();
    fs::write(&mark, "").unwrap();
    assert!(ours());
    let work = WorkFolder::claim(None, &output, Leftover::Resume).unwrap();
    assert!(ours());
    drop(work);
    assert!(!ours());
}

#[test]
fn other_versions_and_other_folders_are_left_alone() {
    let beside = tempfile::tempdir().unwrap();
    let output = beside.path().join("corpus.jsonl");
    let work = WorkFolder::claim(None, &output, Leftover::Resume).unwrap();
    let path = work.path().to_owned();
    drop(work);
    fs::create_dir(&path).unwrap();
    fs::write(path.join("version"), "dehusk work folder, format 1\n").unwrap();
    for leftover in [Leftover::Resume, Leftover::Remove] {
        let error = WorkFolder::claim(None, &output, leftover).unwrap_err().to_string();
        assert!(error.contains("another version") && error.contains("format 1"), "{error}");
    }
    fs::write(path.join("version"), "mine").unwrap();
    let error = WorkFolder::claim(None, &output, Leftover::Remove).unwrap_err().to_string();
    assert!(error.contains("is none; remove it"), "{error}");
    assert!(path.exists());
}

#[test]
fn a_kept_folder_is_finished_when_its_run_is_and_goes_when_it_fails() {
    let beside = tempfile::tempdir().unwrap();
    let path = beside.path().join("work");
    let keep = |existing| WorkFolder::keep(&path, Leftover::Resume, existing);
    let names = || {
        let mut names: Vec<_> =
            fs::read_dir(&path).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        names.sort();
        names
    };

    drop(keep(Existing::Refuse).unwrap());
    assert!(!path.exists());

    let work = keep(Existing::Refuse).unwrap();
    for name in ["drafts", "final-rejects", "rows", "x-0.run"] {
        fs::write(work.file(name), "").unwrap();
    }
    work.prepare_to_stay(&7_u32).unwrap();
    work.begin_commit().unwrap();
    assert!(WorkFolder::is_kept_half_committed(&path));
    assert!(open_kept::<u32>(&path).unwrap_err().to_string().contains("is in use"));
    work.finish().unwrap();
    assert!(!WorkFolder::is_kept_half_committed(&path));
    assert_eq!(names(), ["drafts", "final-rejects", "kept.json", "lock", "version"]);

    let (state, lock) = open_kept::<u32>(&path).unwrap();
    assert_eq!(state, 7);
    assert!(open_kept::<u32>(&path).is_err() && keep(Existing::Replace).is_err());
    drop(lock);
    let error = keep(Existing::Refuse).unwrap_err().to_string();
    assert!(error.contains("holds a finished run"), "{error}");
    let work = keep(Existing::Replace).unwrap();
    assert_eq!(names(), ["lock", "version"]);
    drop(work);
    assert!(!path.exists());

    fs::create_dir(&path).unwrap();
    fs::write(path.join("letter"), "").unwrap();
    let error = keep(Existing::Replace).unwrap_err().to_string();
    assert!(error.contains("is no work folder"), "{error}");
    assert_eq!(names(), ["letter"]);
}
