//! A throwaway store for trying the portal out. Nothing here belongs in a real one.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};
use tempfile::TempDir;

/// A store that vanishes with the portal.
pub(crate) struct Demo {
    directory: TempDir,
    programs: PathBuf,
}

impl Demo {
    /// Creates the store: alice uses an app, bob gets codes by SMS. carol is not listed, so her
    /// password is enough.
    pub(crate) fn new() -> Result<Self> {
        let demo = Self { directory: TempDir::new()?, programs: programs()? };
        demo.admin(&["init"])?;
        demo.admin(&["advanced", "set", "discrepancy", "1"])?;
        demo.admin(&["advanced", "set", "issuer", "Example remote-work"])?;
        demo.admin(&["users", "add", "alice"])?;
        #[cfg(unix)]
        demo.add_bob()?;
        demo.admin(&["enable"])?;
        Ok(demo)
    }

    /// Gives bob codes by SMS, through a gateway that writes them to a file.
    #[cfg(unix)]
    #[expect(clippy::disallowed_methods, reason = "a script is not a document")]
    fn add_bob(&self) -> Result<()> {
        use std::os::unix::fs::PermissionsExt as _;
        let gateway = self.directory.path().join("gateway");
        std::fs::write(&gateway, "#!/bin/sh\n{ cat; echo; } >>\"${0%/*}/outbox\"\n")?;
        std::fs::set_permissions(&gateway, std::fs::Permissions::from_mode(0o700))?;
        let gateway = gateway.to_str().context("the temporary directory has an odd name")?;
        self.admin(&["sms", "configure", "--command", gateway])?;
        self.admin(&["users", "add", "bob", "--method", "sms", "--phone", "+33612345678"])
    }

    /// Returns the file of names and password hashes.
    pub(crate) fn accounts() -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/portal/accounts.toml")
    }

    /// Returns the path of the store.
    pub(crate) fn store(&self) -> PathBuf {
        self.directory.path().join("store")
    }

    /// Returns the path of the verifier.
    pub(crate) fn verifier(&self) -> PathBuf {
        self.programs.join(format!("rw2fa-verify{}", std::env::consts::EXE_SUFFIX))
    }

    /// Returns what someone who tries it out needs to know.
    pub(crate) fn greeting(&self) -> String {
        format!(
            "A throwaway store is at {store}\n\
             \n\
             \x20 name   password              second factor\n\
             \x20 alice  correct horse 1       authenticator app\n\
             \x20 bob    correct horse 2       SMS; messages arrive in {outbox}\n\
             \x20 carol  correct horse 3       none: not listed\n\
             \n\
             No phone at hand? Type the key of the activation page into\n\
             \x20 cargo run --quiet --example phone\n\
             Administer the store: {tool} --store {store} users list\n",
            store = self.store().display(),
            outbox = self.directory.path().join("outbox").display(),
            tool = self.programs.join("rw2fa").display(),
        )
    }

    fn admin(&self, args: &[&str]) -> Result<()> {
        let tool = self.programs.join(format!("rw2fa{}", std::env::consts::EXE_SUFFIX));
        let run = Command::new(&tool)
            .args(["--quiet", "--store"])
            .arg(self.store())
            .args(args)
            .output()
            .with_context(|| format!("cannot run {}", tool.display()))?;
        let complaint = String::from_utf8_lossy(&run.stderr);
        ensure!(run.status.success(), "rw2fa {}: {complaint}", args.join(" "));
        Ok(())
    }
}

/// Returns the directory of the built programs. `cargo run --example` builds only the example, so
/// this builds them if they are missing.
fn programs() -> Result<PathBuf> {
    let this = std::env::current_exe()?;
    let programs =
        this.ancestors().nth(2).context("this program is not in a cargo target directory")?;
    let verifier = programs.join(format!("rw2fa-verify{}", std::env::consts::EXE_SUFFIX));
    if !verifier.exists() {
        crate::log("building rw2fa and rw2fa-verify");
        let mut cargo = Command::new(env!("CARGO"));
        cargo
            .current_dir(env!("CARGO_MANIFEST_DIR"))
            .args(["build", "--quiet", "--locked", "--bins"]);
        if programs.ends_with("release") {
            cargo.arg("--release");
        }
        let built = cargo.status().context("cannot run cargo")?;
        ensure!(built.success() && verifier.exists(), "build first: cargo build");
    }
    Ok(programs.to_owned())
}
