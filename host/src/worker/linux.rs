//! Workers on Linux; see the module above.

pub(crate) mod blob;
pub(crate) mod client;
pub(crate) mod confine;
mod errors;
mod frame;
mod pool;
mod process;
pub(super) mod serve;
#[cfg(test)]
mod tests;
mod values;
pub(crate) mod wire;
