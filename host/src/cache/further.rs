//! Further folders: paths that the user named → places that entries are taken from, and nothing else.
//!
//! One that was filled when a container's image was built, or by another job, under the same secret. It is looked
//! into after the cache's own folder, in the order in which they are named, and what is in it is checked in the
//! same way. Nothing is ever written, touched, locked or removed there, because [`Further`] has no way to do it:
//! whose cache it is, and who else uses it, is not known here. What is found is not copied: that would be eleven file
//! operations and the space again, to save one operation at each hit, and it would outlive the image.
//!
//! Other than the cache's own folder it may belong to root, who installs images. A link is not followed: who
//! named the folder meant this one, and images are put together by many.

use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustix::io::Errno;

use crate::cache::entry::Kind;
use crate::cache::folder::{self, Owners, ReadError, Unusable, VERSION};
use crate::cache::found::Where;
use crate::cache::marks;
use crate::cache::report::FurtherFolder;
use crate::cache::slot::Slot;
use crate::cache::sweep;

/// Files of root are taken as well: their codes are checked under the user's secret, whoever owns them.
const OWNERS: Owners = Owners::UserOrRoot;

/// A further folder that can be used, or a scope's part of it.
pub(super) struct Further {
    root: PathBuf,
    /// Folder of the scope below the version folder.
    scope: Option<String>,
    /// Handle of the version folder.
    version: Arc<OwnedFd>,
    /// Handle of the scope's, or again of the version folder.
    dir: Arc<OwnedFd>,
}

/// All of a cache, in order.
#[derive(Default)]
pub(super) struct Furthers {
    /// Those to look into; in a scope, its parts.
    pub(super) usable: Vec<Arc<Further>>,
    /// Those that can be used, whole.
    whole: Vec<Arc<Further>>,
    /// Every one that was named, and why it is left out.
    pub(super) named: Vec<FurtherFolder>,
}

impl Furthers {
    /// Opens those that can be used.
    pub(super) fn open(paths: Vec<PathBuf>) -> Self {
        let mut all = Furthers::default();
        for dir in paths {
            let opened = Further::open(&dir);
            all.named.push(FurtherFolder { dir, problem: opened.as_ref().err().map(ToString::to_string) });
            all.whole.extend(opened.ok().map(Arc::new));
        }
        all.usable.clone_from(&all.whole);
        all
    }

    /// The parts that belong to a scope, by its identifier. That a folder has none is nothing wrong.
    pub(super) fn scope(&self, id: &str) -> Self {
        let mut all = Furthers { whole: self.whole.clone(), ..Furthers::default() };
        for further in &self.whole {
            let opened = further.scope(id);
            let problem = opened.as_ref().err().filter(|error| !error.is_absent).map(ToString::to_string);
            all.named.push(FurtherFolder { dir: further.root.clone(), problem });
            all.usable.extend(opened.ok().map(Arc::new));
        }
        all
    }

    /// Whether there is one that can be used, whatever a scope has in it.
    pub(super) fn is_any(&self) -> bool {
        !self.whole.is_empty()
    }

    /// Why some are left out.
    pub(super) fn problems(&self) -> impl Iterator<Item = &str> {
        self.named.iter().filter_map(|folder| folder.problem.as_deref())
    }

    /// Which entries of a function there are or were, folder by folder, the newest `most` of each first.
    pub(super) fn marked(&self, label: &str, kind: Kind, most: usize) -> Vec<(Where<'_>, Slot)> {
        let all = self.usable.iter().flat_map(|further| {
            let marked = marks::marked(&further.dir, label, kind, most).into_iter();
            marked.map(move |slot| (Where::Further(further), slot))
        });
        all.collect()
    }

    /// All slots that have a file, folder by folder.
    pub(super) fn slots(&self) -> Vec<(Where<'_>, Slot)> {
        let all = self
            .usable
            .iter()
            .flat_map(|further| further.slots().into_iter().map(move |slot| (Where::Further(further), slot)));
        all.collect()
    }
}

impl Further {
    /// Opens one; nobody but this user and root may be able to change what is in it.
    pub(super) fn open(path: &Path) -> Result<Self, Unusable> {
        let root = path.to_owned();
        let dir = folder::open_further_root(&root, OWNERS)?;
        let version = Arc::new(folder::open_below(&dir, VERSION, &root, OWNERS, false)?);
        Ok(Further { root, scope: None, dir: Arc::clone(&version), version })
    }

    fn scope(&self, id: &str) -> Result<Self, Unusable> {
        let scopes = folder::open_below(&self.version, "s", &self.root, OWNERS, false)?;
        let dir = folder::open_below(&scopes, id, &self.root, OWNERS, false)?;
        let (root, version) = (self.root.clone(), Arc::clone(&self.version));
        Ok(Further { root, scope: Some(format!("s/{id}")), version, dir: Arc::new(dir) })
    }
    /// The folder that the user named.
    pub(super) fn root(&self) -> &Path {
        &self.root
    }

    /// The file of an entry, to be shown to people.
    pub(super) fn shown_path(&self, slot: &Slot) -> PathBuf {
        folder::shown_path(&self.root, self.scope.as_deref(), slot)
    }

    /// As [`folder::read_entry`].
    pub(super) fn read_with<T>(
        &self,
        slot: &Slot,
        mut read: impl FnMut(&OwnedFd, u64) -> Result<Option<T>, Errno>,
    ) -> Result<T, ReadError> {
        folder::read_entry(&self.dir, slot, OWNERS, |fd, _, size| read(fd, size))
    }

    /// All slots that have a file.
    pub(super) fn slots(&self) -> Vec<Slot> {
        sweep::slots(&self.dir)
    }
}
