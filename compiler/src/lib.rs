//! Ovenbird's compiler: Python syntax in, WebAssembly out. It is pure: no IO, no clock, no
//! environment; equal inputs give equal bytes on every machine.
//!
//! ```text
//! text -parse-> Ast -resolve-> Resolved -infer-> Typed -lower-> Ir -optimise-> Ir -encode-> Artifact
//! ```
//!
//! Without the feature `front` there are no stages, only the nouns that compiler and host share: what runs a
//! compiled program needs types, schemas, artifacts and the table of host functions, and no compiler.

pub mod abi;
pub mod artifact;
pub mod ast;
pub mod bodies;
pub mod border;
pub mod budget;
pub mod diagnostic;
pub mod ir;
pub mod render;
pub mod resolved;
pub mod schema;
pub mod source;
pub mod types;

#[cfg(feature = "front")]
pub mod encode;
#[cfg(feature = "front")]
pub mod guard;
#[cfg(feature = "front")]
pub mod infer;
#[cfg(feature = "front")]
pub mod lower;
#[cfg(feature = "front")]
pub mod metering;
#[cfg(feature = "front")]
pub mod optimise;
#[cfg(feature = "front")]
pub mod parse;
#[cfg(feature = "front")]
mod pipeline;
#[cfg(feature = "front")]
pub mod resolve;
#[cfg(feature = "front")]
pub mod typed;

#[cfg(feature = "front")]
pub use pipeline::{
    Options, build, canonical, intermediate, intermediate_within, plain_within, write_canonical,
    write_canonical_function,
};
