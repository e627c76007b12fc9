//! Code that can be called: in this process, or in workers.

use crate::cancel::Cancel;
use crate::code::UnitInfo;
use crate::engine::Engine;
use crate::imports::Output;
use crate::run::{Group, Outcome, Tenant};
use crate::value::Arg;
#[cfg(feature = "compiler")]
use crate::worker::Isolated;
use ovenbird_compiler::types::Type;

/// Code that can be called.
pub(crate) enum Runnable {
    /// In this process.
    Here(Group),
    /// In workers.
    #[cfg(feature = "compiler")]
    There(Isolated),
}

impl Runnable {
    pub(crate) fn params(&self) -> &[Type] {
        match self {
            Runnable::Here(group) => &group.main().params,
            #[cfg(feature = "compiler")]
            Runnable::There(isolated) => isolated.params(),
        }
    }

    pub(crate) fn result(&self) -> &Type {
        match self {
            Runnable::Here(group) => &group.main().result,
            #[cfg(feature = "compiler")]
            Runnable::There(isolated) => isolated.result(),
        }
    }

    /// Loads code that waited for its first use; gives whether all of it can be. What is in a worker is loaded there.
    pub(crate) fn is_loaded(&self) -> bool {
        match self {
            Runnable::Here(group) => group.is_loaded(),
            #[cfg(feature = "compiler")]
            Runnable::There(_) => true,
        }
    }

    /// What is known of its first unit.
    pub(crate) fn info(&self) -> &UnitInfo {
        match self {
            Runnable::Here(group) => &group.main().info,
            #[cfg(feature = "compiler")]
            Runnable::There(isolated) => &isolated.infos()[0],
        }
    }

    /// What is known of all its units.
    #[cfg(feature = "compiler")]
    pub(crate) fn infos(&self) -> Vec<UnitInfo> {
        match self {
            Runnable::Here(group) => group.infos(),
            Runnable::There(isolated) => isolated.infos().to_vec(),
        }
    }

    /// Calls it in fresh instances, until `cancel` is asked to end the call.
    pub(crate) fn call_until(
        &self,
        engine: &Engine,
        tenant: &Tenant,
        args: &[Arg<'_>],
        output: Output,
        cancel: Option<&Cancel>,
    ) -> Outcome {
        match self {
            Runnable::Here(group) => group.call_until(engine, tenant, args, output, cancel),
            #[cfg(feature = "compiler")]
            Runnable::There(isolated) => isolated.call_until(tenant, args, output, cancel),
        }
    }
}
