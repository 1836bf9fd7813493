//! The packaging scripts: a build that accepts licences of the development key is never packaged by
//! accident.

use std::process::Command;

use rw2fa::license::vendor::DEVELOPMENT;

/// Returns the exit code and errors of a packaging script.
fn package(script: &str, args: &[&str], key: Option<&str>) -> (Option<i32>, String) {
    let mut command = Command::new("bash");
    command.arg(script).args(args).current_dir(env!("CARGO_MANIFEST_DIR"));
    // A script that goes on anyway finds no cargo, and leaves the packages of this build alone.
    let nowhere = tempfile::TempDir::new().unwrap();
    command.env("CARGO_TARGET_DIR", nowhere.path()).env("PATH", "/usr/bin:/bin");
    match key {
        Some(key) => command.env("RW2FA_VENDOR_KEY", key),
        None => command.env_remove("RW2FA_VENDOR_KEY"),
    };
    let output = command.output().unwrap();
    let left = std::fs::read_dir(nowhere.path()).unwrap().count();
    assert!(output.status.success() || left == 0, "{script} {args:?} left something behind");
    (output.status.code(), String::from_utf8(output.stderr).unwrap())
}

/// Guards releases: without the vendor's key, anyone could issue licences for the package.
#[test]
fn a_package_without_the_vendor_key_is_refused() {
    for script in [".ci/package-debian", ".ci/package-windows"] {
        for key in [None, Some(""), Some(DEVELOPMENT)] {
            let (code, errors) = package(script, &[], key);
            assert_eq!(code, Some(2), "{script} with {key:?}: {errors}");
            assert!(errors.contains("anybody could issue licences"), "{errors}");
            assert!(errors.contains("--development"), "{errors}");
        }
        let (code, errors) = package(script, &["--developement"], None);
        assert_eq!(code, Some(2), "a mistyped flag: {errors}");
    }
}

/// Guards the release for Windows, whose programs are built before they are packaged.
#[test]
fn programs_built_without_the_vendor_key_are_not_packaged() {
    let programs = tempfile::TempDir::new().unwrap();
    let key = "11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=";
    for name in ["rw2fa.exe", "rw2fa-verify.exe"] {
        #[expect(clippy::disallowed_methods, reason = "tests write files directly")]
        std::fs::write(programs.path().join(name), DEVELOPMENT).unwrap();
    }
    let directory = programs.path().to_str().unwrap();
    let (code, errors) = package(".ci/package-windows", &[directory], Some(key));
    assert_eq!(code, Some(2), "{errors}");
    assert!(errors.contains("was built without this RW2FA_VENDOR_KEY"), "{errors}");
    #[expect(clippy::disallowed_methods, reason = "tests write files directly")]
    std::fs::write(programs.path().join("rw2fa.exe"), format!("\0{key}\0")).unwrap();
    let (code, errors) = package(".ci/package-windows", &[directory], Some(key));
    assert!(code != Some(2) && !errors.contains("was built without"), "{errors}");
}
