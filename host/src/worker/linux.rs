//! Workers on Linux; see the module above.

pub(crate) mod blob;
mod building;
mod bundles;
mod checking;
pub(crate) mod client;
pub(crate) mod confine;
mod desk;
mod errors;
mod frame;
#[cfg(test)]
mod hostile;
pub(crate) mod isolated;
mod pool;
mod process;
pub(super) mod serve;
#[cfg(test)]
mod tests;
mod values;
mod wanted;
pub(crate) mod wire;
