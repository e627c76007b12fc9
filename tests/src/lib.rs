//! Placeholder while the dependency tree builds.
