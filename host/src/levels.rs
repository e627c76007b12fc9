//! CPU levels: name → target, the CPU features that code for it may use, and whether this machine has
//! them.
//!
//! A level is an allow-list: a fixed target and a fixed list of features, never "what this machine has,
//! less something". So code for a level is the same on whatever machine it is made, also on one whose
//! CPU has features that nobody had heard of when this list was written. Each level is compiled by an
//! engine of its own (`engine_config::level_compiler`) and loaded by the engine of the host. Nothing is
//! compiled or loaded here.

use std::fmt;

pub mod code_info;

/// A CPU level that native code can be made for, whatever machine makes it. In order: of two levels for
/// one architecture, the later one asks for more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// x86-64 with SSE4.2 and POPCNT: nearly every machine since 2009.
    X86_64V2,
    /// With AVX2, FMA and BMI: most machines since 2015.
    X86_64V3,
    /// With AVX-512 F, DQ and VL.
    X86_64V4,
    /// 64-bit ARM without extensions.
    Aarch64,
    /// ARMv8.2 with LSE, FP16 and dot products: servers since 2019.
    Aarch64V82,
}

const X86_64: &str = "x86_64-unknown-linux-gnu";
const AARCH64: &str = "aarch64-unknown-linux-gnu";

impl Level {
    /// Every level.
    pub const ALL: [Level; 5] =
        [Level::X86_64V2, Level::X86_64V3, Level::X86_64V4, Level::Aarch64, Level::Aarch64V82];

    /// As it is written on the command line and in bundles.
    pub fn name(self) -> &'static str {
        match self {
            Level::X86_64V2 => "x86-64-v2",
            Level::X86_64V3 => "x86-64-v3",
            Level::X86_64V4 => "x86-64-v4",
            Level::Aarch64 => "aarch64",
            Level::Aarch64V82 => "aarch64-v8.2",
        }
    }

    /// The level of a name.
    pub fn parse(name: &str) -> Option<Level> {
        Level::ALL.into_iter().find(|level| level.name() == name)
    }

    /// The target. Architecture and system count; wasmtime does not tell C libraries apart.
    pub fn triple(self) -> &'static str {
        match self {
            Level::X86_64V2 | Level::X86_64V3 | Level::X86_64V4 => X86_64,
            Level::Aarch64 | Level::Aarch64V82 => AARCH64,
        }
    }

    /// What is turned on in Cranelift, presets first. Its presets alone are not enough: `x86-64-v3` leaves
    /// `has_avx` off and `x86-64-v4` also `has_avx512f`, and without these two flags Cranelift emits no
    /// AVX and no AVX-512 at all.
    #[cfg(feature = "compiler")]
    pub(crate) fn switches(self) -> &'static [&'static str] {
        match self {
            Level::X86_64V2 => &["x86-64-v2"],
            Level::X86_64V3 => &["x86-64-v3", "has_avx"],
            Level::X86_64V4 => &["x86-64-v4", "has_avx", "has_avx512f"],
            Level::Aarch64 => &[],
            Level::Aarch64V82 => &["has_lse", "has_fp16", "has_dotprod"],
        }
    }

    /// The CPU features that its code may use, by Cranelift's names, sorted. Exactly these are recorded in
    /// the code (a test compares), so a Cranelift whose presets change is noticed.
    pub fn features(self) -> &'static [&'static str] {
        match self {
            Level::X86_64V2 => {
                &["has_cmpxchg16b", "has_popcnt", "has_sse3", "has_sse41", "has_sse42", "has_ssse3"]
            }
            Level::X86_64V3 => &[
                "has_avx",
                "has_avx2",
                "has_bmi1",
                "has_bmi2",
                "has_cmpxchg16b",
                "has_fma",
                "has_lzcnt",
                "has_popcnt",
                "has_sse3",
                "has_sse41",
                "has_sse42",
                "has_ssse3",
            ],
            Level::X86_64V4 => &[
                "has_avx",
                "has_avx2",
                "has_avx512dq",
                "has_avx512f",
                "has_avx512vl",
                "has_bmi1",
                "has_bmi2",
                "has_cmpxchg16b",
                "has_fma",
                "has_lzcnt",
                "has_popcnt",
                "has_sse3",
                "has_sse41",
                "has_sse42",
                "has_ssse3",
            ],
            Level::Aarch64 => &[],
            Level::Aarch64V82 => &["has_dotprod", "has_fp16", "has_lse"],
        }
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// What the machine that code is to run on can do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostCpu {
    architecture: &'static str,
    system: &'static str,
    /// By Cranelift's names, in the order of [`FEATURES`]. There are two dozen: a tree of them takes longer to make than all
    /// that is asked of it.
    features: Vec<&'static str>,
}

impl HostCpu {
    /// This machine.
    pub fn detect() -> Self {
        let found = crate::engine_config::cpu_features();
        let is_present = |known: &&(&str, &str)| found.contains(&(known.1, true));
        let features = FEATURES.iter().filter(is_present);
        HostCpu {
            architecture: std::env::consts::ARCH,
            system: std::env::consts::OS,
            features: features.map(|(flag, _)| *flag).collect(),
        }
    }

    /// This machine as if it had no more than `level`: for code that must also run elsewhere.
    #[must_use]
    pub fn limited_to(mut self, level: Level) -> Self {
        self.features.retain(|feature| level.features().contains(feature));
        self
    }

    /// The first thing that code for `triple` with these features needs and this machine lacks.
    /// A feature that this list does not know counts as lacking.
    pub fn lacks<'a>(&self, triple: &'a str, features: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
        let mut parts = triple.split('-');
        let architecture = parts.next().unwrap_or_default();
        if architecture != self.architecture {
            return Some(architecture);
        }
        if !parts.any(|part| part == self.system) {
            return Some(triple);
        }
        features.into_iter().find(|feature| !self.features.contains(feature))
    }

    /// The levels that this machine has, the best first.
    pub fn levels(&self) -> Vec<Level> {
        let has = |level: &Level| self.lacks(level.triple(), level.features().iter().copied()).is_none();
        let mut levels: Vec<Level> = Level::ALL.into_iter().filter(has).collect();
        levels.reverse();
        levels
    }
}

/// CPU features by Cranelift's name and by the one that Rust detects them under. Not here, and so never
/// loaded from elsewhere: features that wasmtime cannot detect, and all of riscv64, where it does not look.
const FEATURES: &[(&str, &str)] = &[
    ("has_avx", "avx"),
    ("has_avx2", "avx2"),
    ("has_avx512bitalg", "avx512bitalg"),
    ("has_avx512dq", "avx512dq"),
    ("has_avx512f", "avx512f"),
    ("has_avx512vbmi", "avx512vbmi"),
    ("has_avx512vl", "avx512vl"),
    ("has_avx512vnni", "avx512vnni"),
    ("has_avx_vnni", "avxvnni"),
    ("has_bmi1", "bmi1"),
    ("has_bmi2", "bmi2"),
    ("has_cmpxchg16b", "cmpxchg16b"),
    ("has_dotprod", "dotprod"),
    ("has_fma", "fma"),
    ("has_fp16", "fp16"),
    ("has_i8mm", "i8mm"),
    ("has_lse", "lse"),
    ("has_lzcnt", "lzcnt"),
    ("has_pauth", "paca"),
    ("has_popcnt", "popcnt"),
    ("has_sse3", "sse3"),
    ("has_sse41", "sse4.1"),
    ("has_sse42", "sse4.2"),
    ("has_ssse3", "ssse3"),
];

#[cfg(test)]
mod tests {
    use super::*;

    fn machine(level: Level) -> HostCpu {
        let architecture = if level.triple() == X86_64 { "x86_64" } else { "aarch64" };
        let features = level.features().to_vec();
        HostCpu { architecture, system: "linux", features }
    }

    #[test]
    fn names_and_lists_are_in_order() {
        for level in Level::ALL {
            assert_eq!(Level::parse(level.name()), Some(level));
            assert!(level.features().is_sorted());
            let known = |feature: &&str| FEATURES.iter().any(|(flag, _)| flag == feature);
            assert!(level.features().iter().all(known), "{level} has a feature that is never detected");
        }
        assert_eq!(Level::parse("x86-64-v5"), None);
    }

    #[test]
    fn a_machine_has_the_levels_up_to_its_own() {
        assert_eq!(machine(Level::X86_64V3).levels(), [Level::X86_64V3, Level::X86_64V2]);
        assert_eq!(machine(Level::Aarch64).levels(), [Level::Aarch64]);
        assert_eq!(machine(Level::X86_64V4).limited_to(Level::X86_64V2), machine(Level::X86_64V2));
    }

    #[test]
    fn what_is_lacking_is_named() {
        let v2 = machine(Level::X86_64V2);
        let v3 = Level::X86_64V3;
        assert_eq!(v2.lacks(v3.triple(), v3.features().iter().copied()), Some("has_avx"));
        assert_eq!(v2.lacks(AARCH64, []), Some("aarch64"));
        assert_eq!(v2.lacks("x86_64-pc-windows-msvc", []), Some("x86_64-pc-windows-msvc"));
        assert_eq!(v2.lacks(X86_64, ["has_telepathy"]), Some("has_telepathy"));
        assert_eq!(v2.lacks(X86_64, ["has_sse3"]), None);
    }
}
