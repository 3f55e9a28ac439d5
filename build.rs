//! Tells the program which commit it is built from. Only a release is told: it would be compiled anew at each commit.

use std::path::Path;
use std::process::Command;

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    let is_release = std::env::var("PROFILE").is_ok_and(|profile| profile == "release");
    let commit = if is_release { commit() } else { None };
    println!(
        "cargo:rustc-env=DEHUSK_COMMIT={}",
        commit.map_or_else(String::new, |commit| format!(" ({commit})"))
    );
}

/// The commit of the checkout; nothing for a package that was downloaded.
fn commit() -> Option<String> {
    if !Path::new(".git").exists() {
        return None;
    }
    for path in [".git/logs/HEAD", "src", "Cargo.toml", "Cargo.lock"] {
        println!("cargo:rerun-if-changed={path}");
    }
    let git = |args: &[&str]| {
        let out = Command::new("git").args(args).output().ok().filter(|out| out.status.success())?;
        Some(String::from_utf8(out.stdout).ok()?.trim().to_owned())
    };
    let commit = git(&["rev-parse", "--short=12", "HEAD"])?;
    let is_changed =
        git(&["status", "--porcelain", "--untracked-files=no"]).is_some_and(|changes| !changes.is_empty());
    Some(commit + if is_changed { ", changed" } else { "" })
}
