//! What engines of the same options have in common, kept for all of the process: a service makes one for each tenant, and what
//! keys are made of is compared by where it is.

#[cfg(feature = "compiler")]
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

#[cfg(feature = "compiler")]
use wasmtime::Engine;

use super::EngineIdentity;
#[cfg(feature = "compiler")]
use super::{EngineOptions, codegen};
#[cfg(feature = "compiler")]
use crate::levels::Level;

/// Most kinds of engines that are kept. What is made for more of them is not shared.
const MOST: usize = 16;

static IDENTITIES: Mutex<Vec<Arc<EngineIdentity>>> = Mutex::new(Vec::new());
#[cfg(feature = "compiler")]
static OF_LEVELS: Mutex<Vec<OfLevels>> = Mutex::new(Vec::new());

#[cfg(feature = "compiler")]
static ON_MANY_THREADS: Mutex<Vec<(EngineOptions, Engine)>> = Mutex::new(Vec::new());

#[cfg(feature = "compiler")]
type OfLevels = (EngineOptions, Arc<[Arc<EngineIdentity>]>);

/// The one that is equal to it.
pub(super) fn identity(identity: EngineIdentity) -> Arc<EngineIdentity> {
    // Only added to, so a panic elsewhere cannot have left it half changed.
    let mut known = IDENTITIES.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(same) = known.iter().find(|known| ***known == identity) {
        return Arc::clone(same);
    }
    let new = Arc::new(identity);
    if known.len() < MOST {
        known.push(Arc::clone(&new));
    }
    new
}

/// The identities of code for the CPU levels of this machine, in their order, for engines of these options: `levels` is the same
/// for all of them.
#[cfg(feature = "compiler")]
pub(crate) fn of_levels(
    options: &EngineOptions,
    levels: impl FnOnce() -> Vec<Level>,
) -> Arc<[Arc<EngineIdentity>]> {
    let mut known = OF_LEVELS.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some((_, same)) = known.iter().find(|(known, _)| known == options) {
        return Arc::clone(same);
    }
    let of_level = |level| identity(EngineIdentity::of_level(options, level));
    let identities: Arc<[_]> = levels().into_iter().map(of_level).collect();
    if known.len() < MOST {
        known.push((options.clone(), Arc::clone(&identities)));
    }
    identities
}

/// Whether the code generator's threads, of which there is one set, are or will be in this process, and not in one that it was
/// forked from. To be asked before they are used.
#[cfg(feature = "compiler")]
pub(crate) fn has_threads() -> bool {
    /// The process that they are in; zero before there are any.
    static THREADS_OF: AtomicU32 = AtomicU32::new(0);
    let own = crate::process::id();
    let known = THREADS_OF.compare_exchange(0, own, Ordering::Relaxed, Ordering::Relaxed);
    known.map_or_else(|other| other == own, |_| true)
}

/// The engine that compiles large modules for engines of these options, on several threads; `None` if it cannot be made.
#[cfg(feature = "compiler")]
pub(crate) fn on_many_threads(options: &EngineOptions) -> Option<Engine> {
    let mut known = ON_MANY_THREADS.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some((_, same)) = known.iter().find(|(known, _)| known == options) {
        return Some(same.clone());
    }
    let engine = codegen::on_many_threads(options).ok()?;
    if known.len() < MOST {
        known.push((options.clone(), engine.clone()));
    }
    Some(engine)
}

#[cfg(all(test, feature = "compiler"))]
mod tests {
    use super::super::new_engine;
    use super::*;

    #[test]
    fn engines_of_equal_options_share_their_identity_and_others_do_not() {
        let options = EngineOptions::default();
        let made = |options: &EngineOptions| new_engine(options).expect("an engine").identity;
        assert!(Arc::ptr_eq(&made(&options), &made(&options)));
        let other = made(&EngineOptions { canonical_nans: true, ..options.clone() });
        assert_ne!(*made(&options), *other);
        // Not the options of any other test: the first answer is kept.
        let options = EngineOptions { stack_bytes: 777 << 10, ..options };
        let levels = [Level::X86_64V3, Level::X86_64V2];
        let both = of_levels(&options, || levels.to_vec());
        assert_eq!(*both[1], EngineIdentity::of_level(&options, levels[1]));
        assert!(Arc::ptr_eq(&both, &of_levels(&options, || unreachable!("they are known"))));
        let canonical = EngineOptions { canonical_nans: true, ..options };
        assert_ne!(of_levels(&canonical, || levels.to_vec())[..], both[..]);
    }
}
