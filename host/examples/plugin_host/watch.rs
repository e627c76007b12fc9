//! A folder → reloads of the plug-ins whose files change in it.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::Duration;

use notify::{Event, RecommendedWatcher, RecursiveMode, Watcher as _};

use crate::plugins::{Change, Plugins, name_of};

/// Editors write a file in several steps: what happens within this time is one change.
const SETTLE: Duration = Duration::from_millis(50);

/// Watches a folder until the value that it gives is dropped; `on_change` is told what became of each file.
pub(crate) fn watch(
    folder: &Path,
    plugins: Arc<Plugins>,
    on_change: impl Fn(&Change) + Send + 'static,
) -> notify::Result<RecommendedWatcher> {
    let (sender, events) = channel();
    let mut watcher = notify::recommended_watcher(sender)?;
    watcher.watch(folder, RecursiveMode::NonRecursive)?;
    // Ends when the watcher is dropped, and the sender with it.
    thread::spawn(move || follow(&events, &plugins, on_change));
    Ok(watcher)
}

fn follow(events: &Receiver<notify::Result<Event>>, plugins: &Plugins, on_change: impl Fn(&Change)) {
    while let Ok(first) = events.recv() {
        let mut changed = BTreeSet::new();
        let mut complete = note(&mut changed, first);
        while let Ok(next) = events.recv_timeout(SETTLE) {
            complete &= note(&mut changed, next);
        }
        // After an error, or when events were lost, everything is looked at.
        let changes = match complete {
            true => changed.iter().map(|name| plugins.reload(name)).collect(),
            false => plugins.reload_all().unwrap_or_default(),
        };
        // Reading a file is an event too.
        changes.iter().filter(|change| !matches!(change, Change::Unchanged { .. })).for_each(&on_change);
    }
}

/// Notes which plug-ins an event is about; `false` if that is not known.
fn note(changed: &mut BTreeSet<String>, event: notify::Result<Event>) -> bool {
    let Ok(event) = event else { return false };
    changed.extend(event.paths.iter().filter_map(|path| name_of(path)).map(str::to_owned));
    !event.need_rescan()
}
