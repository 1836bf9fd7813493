//! The implementation of [`Upkeep`] for directories.

use std::path::Path;

use crate::error::Result;
use crate::platform;
use crate::store::EachLine;
use crate::store::dir::DirStore;
use crate::store::upkeep::{Archive, Disk, Extent, FileFlaw, FileProblem, HealthProblem, Upkeep};
use crate::time::Timestamp;

impl Upkeep for DirStore {
    fn health_problems(&self, now: Timestamp, extent: Extent) -> Vec<HealthProblem> {
        self.files.health_problems(now, extent)
    }

    fn file_problems(&self, now: Timestamp) -> Result<Vec<FileProblem>> {
        self.files.file_problems(now)
    }

    fn hint_for_all(&self, flaw: FileFlaw) -> String {
        self.files.hint_for_all(flaw)
    }

    fn tidy(&self, now: Timestamp) -> Result<usize> {
        self.files.tidy(now)
    }

    fn disk(&self) -> Disk {
        let root = self.files.root();
        let (audit_size, audit_months) = self.files.audit_size();
        Disk {
            free: platform::free_bytes(root),
            file_system: Some(platform::file_system(root)),
            audit_size,
            audit_months,
        }
    }

    fn contains(&self, path: &Path) -> bool {
        path.starts_with(self.files.root())
    }

    fn is_unused(&self) -> Result<bool> {
        self.files.is_unused()
    }

    fn lacks_trail(&self) -> Result<bool> {
        self.files.lacks_trail()
    }

    fn make_trail(&self) -> Result<()> {
        self.files.make_trail()
    }

    fn audit_months(&self) -> Result<Vec<String>> {
        self.files.audit_months()
    }

    fn audit_month(&self, month: &str, each: &mut EachLine<'_>) -> Result<()> {
        self.files.audit_month(month, each)
    }

    fn archived_lines(&self, directory: &Path, each: &mut EachLine<'_>) -> Result<()> {
        self.files.archived_lines(directory, each)
    }

    fn refuse_inside(&self, directory: &Path) -> Result<()> {
        self.files.refuse_inside(directory)
    }

    fn archive<'a>(&'a self, directory: &'a Path) -> Result<Box<dyn Archive + 'a>> {
        self.files.archive(directory).map(|archive| Box::new(archive) as _)
    }
}
