//! The PowerShell module, its recipes and its page.

#![allow(clippy::print_stdout, reason = "a skipped test reports it")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::pages::pages;
use crate::sandbox::{Sandbox, has, is_on_path};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Lists the files below a directory with one of these endings.
fn files(directory: &Path, endings: &[&str]) -> Vec<PathBuf> {
    let entries = fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path());
    let mut found = Vec::new();
    for path in entries {
        if path.is_dir() {
            found.extend(files(&path, endings));
        } else if path.extension().is_some_and(|ending| endings.iter().any(|one| ending == *one)) {
            found.push(path);
        }
    }
    found.sort();
    found
}

/// The blocks of PowerShell on all pages.
fn blocks_of_powershell() -> String {
    let mut shown = String::new();
    for page in pages() {
        let blocks = page.text.split("\n```powershell\n").skip(1);
        shown
            .extend(blocks.filter_map(|block| Some([block.split_once("\n```")?.0, "\n"].concat())));
    }
    assert!(shown.contains("Test-SecondFactor"), "{shown}");
    shown
}

/// Guards that every PowerShell file and block can be parsed, by an implementation that can be
/// installed everywhere.
#[test]
fn the_powershell_files_parse() {
    let target = Path::new(env!("CARGO_BIN_EXE_rw2fa")).parent().unwrap().parent().unwrap();
    let python = target.join("powershell/bin/python");
    if !has(&python, "run tests/run, which installs it") {
        return;
    }
    let parse = |files: &[PathBuf]| {
        Command::new(&python)
            .arg(root().join("tests/powershell/parse.py"))
            .args(files)
            .output()
            .unwrap()
    };
    let sandbox = Sandbox::new();
    let shown = sandbox.beside("shown.ps1");
    sandbox.write(&shown, &blocks_of_powershell());
    let endings = ["ps1", "psm1", "psd1"];
    let mut all = files(&root().join("examples"), &endings);
    all.extend(files(&root().join("tests/powershell"), &endings));
    all.extend([shown, root().join("completions/rw2fa.ps1")]);
    assert!(all.len() > 40, "{all:?}");
    let output = parse(&all);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    // The parser can fail.
    sandbox.write(&sandbox.beside("bad.ps1"), "function x { if ( }\n");
    assert_eq!(parse(&[sandbox.beside("bad.ps1")]).status.code(), Some(1));
}

/// Guards the manifest: it exports the public functions, each in a file of its name, and no other.
#[test]
fn the_module_exports_its_public_functions() {
    let module = root().join("examples/powershell/Rw2fa");
    let manifest = fs::read_to_string(module.join("Rw2fa.psd1")).unwrap();
    let exported = manifest.split_once("FunctionsToExport").unwrap().1.split_once(')').unwrap().0;
    let mut exported: Vec<_> = exported.split('\'').skip(1).step_by(2).collect();
    exported.sort_unstable();
    let public = files(&module.join("Public"), &["ps1"]);
    let names: Vec<_> =
        public.iter().map(|path| path.file_stem().unwrap().to_str().unwrap()).collect();
    assert_eq!(exported, names);
    for (path, name) in public.iter().zip(&names) {
        let text = fs::read_to_string(path).unwrap();
        assert!(text.starts_with(&format!("function {name} {{\n")), "{name}");
        assert_eq!(text.matches("\nfunction ").count(), 0, "{name}: a function in each file");
    }
}

/// Runs the module's own tests in a real PowerShell, with the programs of this build. Debian has no
/// PowerShell, so even a full run goes on without it, and says so.
#[test]
fn the_module_works_in_a_real_powershell() {
    if !is_on_path("pwsh") {
        println!("skipped: there is no pwsh on the path: the PowerShell module was not run");
        return;
    }
    let programs = Path::new(env!("CARGO_BIN_EXE_rw2fa")).parent().unwrap();
    let output = Command::new("pwsh")
        .args(["-NoProfile", "-NonInteractive", "-File"])
        .arg(root().join("tests/powershell/run.ps1"))
        .arg("-Programs")
        .arg(programs)
        .output()
        .unwrap();
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8_lossy(&said);
    assert!(output.status.success(), "{said}");
    assert!(said.contains(" passed, 0 failed, 0 skipped"), "{said}");
}
