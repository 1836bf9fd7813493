//! The .NET SDK, if there is one, and programs that it builds from the examples.
#![expect(clippy::disallowed_methods, reason = "a test may write files and look for programs")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::programs::{programs, stdout_of};
use crate::sandbox::skipped;

/// An SDK that can build and run programs for ASP.NET Core.
pub(crate) struct Sdk {
    pub(crate) dotnet: PathBuf,
    /// For example `3.1.102`.
    version: String,
}

impl Sdk {
    /// Returns the SDK in the directory `DOTNET_ROOT`, on the path, or where tests/run puts it.
    /// Without one, a full run fails.
    pub(crate) fn find() -> Option<Self> {
        let path = std::env::var_os("PATH").unwrap_or_default();
        let installed = programs().parent().unwrap().join("dotnet");
        let places = std::env::var_os("DOTNET_ROOT").map(PathBuf::from).into_iter();
        let mut places = places.chain(std::env::split_paths(&path)).chain([installed]);
        let found = places.find_map(|place| Self::at(place.join("dotnet")));
        if found.is_none() {
            skipped("there is no .NET SDK: run tests/run, which installs one, or set DOTNET_ROOT");
        }
        found
    }

    /// A runtime alone, such as the one that PowerShell brings, is not enough.
    fn at(dotnet: PathBuf) -> Option<Self> {
        let say = |argument| {
            let output = quiet(&mut Command::new(&dotnet)).arg(argument).output().ok()?;
            output.status.success().then(|| stdout_of(&output))
        };
        let version = say("--version")?.trim().to_owned();
        say("--list-runtimes")?.contains("Microsoft.AspNetCore.App").then_some(())?;
        Some(Self { dotnet, version })
    }

    /// Builds a program from these files in a project as `dotnet new` makes it, and returns its
    /// path. `kind` is the project's SDK. No build server stays behind.
    pub(crate) fn build(
        &self,
        directory: &Path,
        kind: &str,
        main: &str,
        files: &[(&str, String)],
    ) -> PathBuf {
        let project = directory.join("Project.csproj");
        for (name, text) in files {
            fs::write(directory.join(name), text).unwrap();
        }
        // Later compilers may warn of more.
        let major = self.version.split('.').next().unwrap();
        let (framework, is_strict) = match major {
            "3" => ("netcoreapp3.1".to_owned(), true),
            _ => (format!("net{major}.0"), false),
        };
        let properties = [
            ("TargetFramework", framework.as_str()),
            ("OutputType", "Exe"),
            ("StartupObject", main),
            ("Nullable", "enable"),
            ("ImplicitUsings", "enable"),
            ("TreatWarningsAsErrors", if is_strict { "true" } else { "false" }),
            ("InvariantGlobalization", "true"),
            ("UseAppHost", "false"),
            ("NuGetAudit", "false"),
        ]
        .map(|(name, value)| format!("<{name}>{value}</{name}>"))
        .concat();
        let text = format!(
            r#"<Project Sdk="{kind}"><PropertyGroup>{properties}</PropertyGroup></Project>"#
        );
        fs::write(&project, text).unwrap();
        let mut build = Command::new(&self.dotnet);
        build.args(["build", "-nologo", "-nodeReuse:false", "-p:UseSharedCompilation=false", "-o"]);
        build.arg(directory.join("out")).arg(project).current_dir(directory).env("HOME", directory);
        let output = quiet(&mut build).output().unwrap();
        assert!(output.status.success(), "{}", stdout_of(&output));
        directory.join("out/Project.dll")
    }
}

/// Asks for no greeting, certificate or telemetry, and for texts that need no ICU.
fn quiet(command: &mut Command) -> &mut Command {
    for name in [
        "DOTNET_CLI_TELEMETRY_OPTOUT",
        "DOTNET_NOLOGO",
        "DOTNET_SKIP_FIRST_TIME_EXPERIENCE",
        "DOTNET_SYSTEM_GLOBALIZATION_INVARIANT",
    ] {
        command.env(name, "1");
    }
    command.env("DOTNET_GENERATE_ASPNET_CERTIFICATE", "false")
}
