//! The one place that sets up wasmtime: options → engine and its identity.
//!
//! Everything that can change native code is either fixed here, an option in [`EngineOptions`], or a
//! property of the machine; all three are recorded in [`EngineIdentity`], which is part of every
//! level-2 key. Instance limits and host functions are set elsewhere.

use std::num::NonZeroUsize;
use std::sync::Arc;

use wasmtime::{
    Config, Engine, InstanceAllocationStrategy, ModuleVersionStrategy, PoolingAllocationConfig,
    WasmBacktraceDetails,
};

use crate::levels::{HostCpu, Level};

#[cfg(feature = "compiler")]
mod codegen;
mod shared;
#[cfg(feature = "compiler")]
use codegen::compatibility;
#[cfg(feature = "compiler")]
pub use codegen::level_compiler;
#[cfg(feature = "compiler")]
pub(crate) use shared::{has_threads, of_levels, on_many_threads};

/// Version of the way in which this crate makes native code. To be raised when a change that the build
/// fingerprint cannot see (it sees this file, `native.rs` and the locked packages) makes old code wrong.
pub const CODE_VERSION: u32 = 1;

/// Stack of a guest in bytes, unless the options say otherwise.
pub const DEFAULT_STACK: usize = 1 << 20;

/// Least and most stack that a guest can be given.
const STACK_RANGE: std::ops::RangeInclusive<usize> = 64 << 10..=1 << 30;

/// Address space set aside for each linear memory: all that a 32-bit guest can name, so that a memory
/// never moves and needs no bounds checks.
pub const MEMORY_RESERVATION: u64 = 1 << 32;

/// Inaccessible bytes after a memory; catches the constant offsets of loads and stores.
pub const MEMORY_GUARD: u64 = 32 << 20;

/// Address space that one memory takes: guards are on both sides.
pub(crate) const MEMORY_ADDRESSES: u64 = MEMORY_RESERVATION + 2 * MEMORY_GUARD;

/// Most units of one call that instances of the pool are counted for.
const INSTANCES_A_CALL: u32 = 4096;

/// Bytes of a pooled memory that stay with its slot between calls, set to zero: less is one system call more, more
/// is memory that idle slots hold.
pub const KEEP_RESIDENT: usize = 64 << 10;

/// Frames that a trap's backtrace keeps.
const BACKTRACE_FRAMES: NonZeroUsize = NonZeroUsize::new(64).expect("not zero");

/// What a user of the library may choose about native code and instances.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EngineOptions {
    /// Make every NaN the same bits, so that results are equal on all CPUs bit by bit. Off by default: what
    /// can differ is the sign and payload of a NaN, which only `copysign` or a byte cast can see, and loops
    /// pay for it with a comparison and a selection after every operation. Measured on x86-64: a sum takes
    /// 2.5 times as long, a dot product 3.4, a polynomial 5.8, a sum in SIMD lanes 2.1, mandelbrot 2.5.
    pub canonical_nans: bool,
    /// Instances from a pool of this many slots with at most this much memory each (faster to start, but
    /// the address space is set aside at once); `None` allocates on demand.
    pub pool: Option<PoolLimits>,
    /// Compile the units of a program, and a large module's functions, on several threads.
    #[cfg(feature = "compiler")]
    pub parallel_compilation: bool,
    /// Stack of a guest in bytes; from 64 KiB to 1 GiB. A thread that has less left when it calls a guest
    /// is lent a stack for the call.
    pub stack_bytes: usize,
    /// Check every address and division by instructions, in place of guard pages and signals. Slower; for those who
    /// trust the code generator's checks more than its proofs, and for comparing both. Without a pool.
    pub explicit_checks: bool,
    /// Compile for this CPU level and load nothing that asks for more, although the machine may have more:
    /// for machines that share a cache, or to see what an older one would do. `None` takes all that the
    /// machine has.
    pub level: Option<Level>,
}

/// Size of an instance pool.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PoolLimits {
    /// Calls that can go on at the same time; one more is refused with [`LimitKind::Instances`](crate::LimitKind::Instances).
    pub slots: u32,
    /// Largest memory of one of them, in bytes, if the tenant's limits allow as much.
    pub memory_bytes: usize,
}

impl PoolLimits {
    /// Address space that the pool takes: neighbours share the guard between them.
    pub(crate) fn addresses(self) -> u64 {
        let slot = MEMORY_RESERVATION + MEMORY_GUARD;
        u64::from(self.slots).saturating_mul(slot).saturating_add(MEMORY_GUARD)
    }
}

impl Default for EngineOptions {
    fn default() -> Self {
        EngineOptions {
            canonical_nans: false,
            pool: None,
            #[cfg(feature = "compiler")]
            parallel_compilation: true,
            stack_bytes: DEFAULT_STACK,
            explicit_checks: false,
            level: None,
        }
    }
}

/// An engine and the description of the code that it makes.
#[derive(Clone)]
pub struct ConfiguredEngine {
    /// The wasmtime engine.
    pub engine: Engine,
    /// Stack of a guest in bytes.
    pub stack_bytes: usize,
    /// What its native code depends on.
    pub identity: Arc<EngineIdentity>,
    /// Whether compiling may use several threads. The engine itself does not.
    #[cfg(feature = "compiler")]
    pub parallel_compilation: bool,
    /// The engine that compiles, if it is not the same one: a CPU level was asked for.
    #[cfg(feature = "compiler")]
    pub compiler: Option<Engine>,
}

/// Makes an engine. Takes 30–200 µs; fails only where wasmtime does not support the machine.
pub fn new_engine(options: &EngineOptions) -> wasmtime::Result<ConfiguredEngine> {
    let options = &within_range(options);
    if let Some(level) = options.level
        && !HostCpu::detect().levels().contains(&level)
    {
        return Err(wasmtime::Error::msg(format!("this machine is not of the CPU level {level}")));
    }
    #[cfg(feature = "compiler")]
    let engine = Engine::new(&config(&codegen::on_one_thread(options))?)?;
    #[cfg(not(feature = "compiler"))]
    let engine = Engine::new(&config(options)?)?;
    let identity = match options.level {
        Some(level) => EngineIdentity::of_level(options, level),
        None => EngineIdentity::of_host(&engine, options),
    };
    Ok(ConfiguredEngine {
        engine,
        stack_bytes: options.stack_bytes,
        identity: shared::identity(identity),
        #[cfg(feature = "compiler")]
        parallel_compilation: options.parallel_compilation,
        #[cfg(feature = "compiler")]
        compiler: codegen::other_compiler(options)?,
    })
}

fn within_range(options: &EngineOptions) -> EngineOptions {
    let stack_bytes = options.stack_bytes.clamp(*STACK_RANGE.start(), *STACK_RANGE.end());
    EngineOptions { stack_bytes, ..options.clone() }
}

fn config(options: &EngineOptions) -> wasmtime::Result<Config> {
    let EngineOptions { pool, stack_bytes, explicit_checks, .. } = options;
    let mut config = Config::new();
    config.module_version(ModuleVersionStrategy::Custom(version()))?;
    #[cfg(feature = "compiler")]
    codegen::settings(&mut config, options);
    // Metering is compiled into the wasm by us; wasmtime's own would make the loops four times slower.
    config.consume_fuel(false).epoch_interruption(false);
    features(&mut config);
    // Source lines come from the artifact's own map and the frames' wasm offsets: the address map is
    // needed, DWARF is not. Unwind tables only serve native debuggers, and registering them is slow.
    config
        .generate_address_map(true)
        .debug_info(false)
        .wasm_backtrace_max_frames(Some(BACKTRACE_FRAMES))
        .wasm_backtrace_details(WasmBacktraceDetails::Disable)
        .native_unwind_info(cfg!(windows))
        .max_wasm_stack(*stack_bytes)
        // Not used, but it must not be smaller.
        .async_stack_size(2 * *stack_bytes);
    if *explicit_checks {
        config
            .signals_based_traps(false)
            .memory_reservation(MEMORY_RESERVATION)
            .memory_may_move(false)
            .memory_guard_size(0)
            .memory_init_cow(false)
            .allocation_strategy(InstanceAllocationStrategy::OnDemand);
        return Ok(config);
    }
    memory(&mut config, *pool);
    Ok(config)
}

/// The wasm proposals: only what the encoder emits. The types of the garbage-collection family, threads
/// and components are not even compiled into this build of wasmtime.
fn features(config: &mut Config) {
    config
        .wasm_simd(true)
        .wasm_bulk_memory(true)
        // Layout only, never meaning; without the hints a metered loop is up to twice as slow.
        .wasm_branch_hinting(true)
        .wasm_multi_value(true)
        .wasm_extended_const(true)
        .wasm_relaxed_simd(false)
        .wasm_tail_call(false)
        .wasm_multi_memory(false)
        .wasm_memory64(false)
        .wasm_custom_page_sizes(false)
        .wasm_wide_arithmetic(false)
        .wasm_stack_switching(false)
        .wasm_shared_everything_threads(false);
}

fn memory(config: &mut Config, pool: Option<PoolLimits>) {
    config
        .memory_reservation(MEMORY_RESERVATION)
        .memory_may_move(false)
        .memory_guard_size(MEMORY_GUARD)
        .memory_init_cow(true);
    let Some(PoolLimits { slots, memory_bytes }) = pool else {
        config.allocation_strategy(InstanceAllocationStrategy::OnDemand);
        return;
    };
    let mut pooling = PoolingAllocationConfig::new();
    pooling
        .total_memories(slots)
        .max_memory_size(memory_bytes)
        .max_memories_per_module(1)
        // Units of a call are instances without a memory of their own, which take no place in the pool.
        .total_core_instances(slots.saturating_mul(INSTANCES_A_CALL))
        // Guests have no tables.
        .total_tables(0)
        .max_tables_per_module(0)
        // So much is set to zero when a slot is given back, the rest is returned to the system.
        .linear_memory_keep_resident(KEEP_RESIDENT)
        .max_unused_warm_slots(slots);
    config.allocation_strategy(InstanceAllocationStrategy::Pooling(pooling));
}

/// The version text stored in every piece of native code. wasmtime's default is its major number only,
/// so that a fix in a patch release would not make old code unloadable; this one changes with it.
fn version() -> String {
    let build = &env!("OVENBIRD_ENGINE_FINGERPRINT")[..32];
    format!("ovenbird {CODE_VERSION} wasmtime {} build {build}", env!("OVENBIRD_WASMTIME_VERSION"))
}

/// Everything that native code depends on besides the wasm.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EngineIdentity {
    /// Full version of wasmtime.
    pub wasmtime: String,
    /// Version and build of this crate's own settings.
    pub codegen: String,
    /// Target triple.
    pub target: String,
    /// Every CPU feature that the code generator asks for, and whether this machine has it.
    pub cpu: Vec<(&'static str, bool)>,
    /// Settings chosen by this crate or its user, in words.
    pub settings: Vec<(&'static str, String)>,
    /// Digest of wasmtime's own account of the above: all Cranelift flags, CPU flags, tunables and wasm
    /// features. Defence in depth, since it depends on how Rust hashes and says nothing in words.
    pub compatibility: [u8; 32],
}

impl EngineIdentity {
    fn of_host(engine: &Engine, options: &EngineOptions) -> Self {
        EngineIdentity {
            wasmtime: env!("OVENBIRD_WASMTIME_VERSION").to_owned(),
            codegen: codegen(),
            target: env!("OVENBIRD_TARGET").to_owned(),
            cpu: cpu_features(),
            settings: settings(options),
            compatibility: compatibility(engine),
        }
    }

    /// The identity of the code that `level_compiler` makes. No engine is asked, so that a look-up costs
    /// nothing, and no machine, so that it is the same everywhere; what the code itself says is compared
    /// before it is loaded.
    pub fn of_level(options: &EngineOptions, level: Level) -> Self {
        let mut settings = settings(options);
        settings.push(("CPU level", level.name().to_owned()));
        let text = format!("{} {}", level.triple(), level.features().join(" "));
        EngineIdentity {
            wasmtime: env!("OVENBIRD_WASMTIME_VERSION").to_owned(),
            codegen: codegen(),
            target: level.triple().to_owned(),
            cpu: level.features().iter().map(|feature| (*feature, true)).collect(),
            settings,
            compatibility: blake3::derive_key("ovenbird 2026-11 CPU level v1", text.as_bytes()),
        }
    }
}

/// wasmtime tells it only where it can compile, and only code that is compiled here is named by it: a bundle's is
/// chosen by what it says that it needs.
#[cfg(not(feature = "compiler"))]
fn compatibility(_: &Engine) -> [u8; 32] {
    [0; 32]
}

/// Version and build of this crate's own settings.
fn codegen() -> String {
    format!("{CODE_VERSION}-{}", &env!("OVENBIRD_ENGINE_FINGERPRINT")[..32])
}

/// What this crate or its user chose, in words.
fn settings(options: &EngineOptions) -> Vec<(&'static str, String)> {
    let EngineOptions {
        canonical_nans,
        explicit_checks,
        pool: _,
        #[cfg(feature = "compiler")]
            parallel_compilation: _,
        stack_bytes: _,
        level: _,
    } = options;
    let mut settings = vec![
        ("canonical NaNs", canonical_nans.to_string()),
        ("guard bytes", MEMORY_GUARD.to_string()),
        ("memory reservation", MEMORY_RESERVATION.to_string()),
        ("optimisation", "speed".to_owned()),
        ("register allocation", "backtracking".to_owned()),
    ];
    if *explicit_checks {
        settings.push(("checks", "explicit".to_owned()));
    }
    settings
}

/// The features that Cranelift's host detection looks at, in its order, with this machine's answers.
#[cfg(target_arch = "x86_64")]
pub(crate) fn cpu_features() -> Vec<(&'static str, bool)> {
    macro_rules! detect {
        ($($name:tt),*) => { vec![$(($name, std::is_x86_feature_detected!($name)),)*] };
    }
    detect![
        "cmpxchg16b",
        "sse3",
        "ssse3",
        "sse4.1",
        "sse4.2",
        "popcnt",
        "avx",
        "avx2",
        "fma",
        "avxvnni",
        "avx512vnni",
        "bmi1",
        "bmi2",
        "avx512bitalg",
        "avx512dq",
        "avx512f",
        "avx512vl",
        "avx512vbmi",
        "lzcnt"
    ]
}

/// The features that Cranelift's host detection looks at, in its order, with this machine's answers.
#[cfg(target_arch = "aarch64")]
pub(crate) fn cpu_features() -> Vec<(&'static str, bool)> {
    macro_rules! detect {
        ($($name:tt),*) => { vec![$(($name, std::arch::is_aarch64_feature_detected!($name)),)*] };
    }
    detect!["lse", "paca", "fp16", "dotprod", "i8mm"]
}

/// Elsewhere stable Rust cannot ask; wasmtime's compatibility hash still covers what it found itself.
#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
pub(crate) fn cpu_features() -> Vec<(&'static str, bool)> {
    Vec::new()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_options_give_equal_identities_and_other_options_do_not() -> wasmtime::Result<()> {
        let plain = new_engine(&EngineOptions::default())?.identity;
        assert_eq!(plain, new_engine(&EngineOptions::default())?.identity);
        let canonical =
            new_engine(&EngineOptions { canonical_nans: true, ..EngineOptions::default() })?.identity;
        assert_ne!(plain.compatibility, canonical.compatibility, "wasmtime's own hash sees the flag");
        assert_ne!(plain.settings, canonical.settings);
        Ok(())
    }

    #[test]
    fn the_target_is_called_what_wasmtime_calls_it() {
        assert_eq!(env!("OVENBIRD_TARGET"), target_lexicon::Triple::host().to_string());
    }

    #[test]
    fn the_pool_does_not_change_the_code() -> wasmtime::Result<()> {
        let pool = Some(PoolLimits { slots: 4, memory_bytes: 16 << 20 });
        let pooled = new_engine(&EngineOptions { pool, ..EngineOptions::default() })?;
        assert_eq!(pooled.identity, new_engine(&EngineOptions::default())?.identity);
        Ok(())
    }

    #[test]
    fn the_stack_does_not_change_the_code() -> wasmtime::Result<()> {
        let deep = new_engine(&EngineOptions { stack_bytes: 4 << 20, ..EngineOptions::default() })?;
        assert_eq!(deep.identity, new_engine(&EngineOptions::default())?.identity);
        Ok(())
    }

    /// Without `OVENBIRD_WASMTIME_VERSION` in `version` in `host/src/engine_config.rs`: code of every patch release has the
    /// same version.
    #[test]
    fn the_stored_version_is_the_full_one_and_fits() {
        let version = version();
        assert!(version.contains(env!("OVENBIRD_WASMTIME_VERSION")) && version.contains('.'));
        assert!(version.len() <= 255, "wasmtime's limit");
    }

    /// Without `ModuleVersionStrategy::Custom` in `host/src/engine_config.rs`: code says the major number only.
    #[test]
    #[cfg(feature = "compiler")]
    fn native_code_says_the_full_version() -> wasmtime::Result<()> {
        let engine = new_engine(&EngineOptions::default())?.engine;
        let code = engine.precompile_module(b"\0asm\x01\0\0\0")?;
        let info = crate::levels::code_info::CodeInfo::read(&code).map_err(wasmtime::Error::msg)?;
        assert_eq!(info.version, version());
        Ok(())
    }

    /// Without `signals_based_traps(false)` in `host/src/engine_config.rs`: the option is accepted and changes nothing.
    #[test]
    #[cfg(feature = "compiler")]
    fn explicit_checks_are_other_code() -> wasmtime::Result<()> {
        let plain = new_engine(&EngineOptions::default())?;
        let explicit = new_engine(&EngineOptions { explicit_checks: true, ..EngineOptions::default() })?;
        assert_ne!(
            plain.identity.compatibility, explicit.identity.compatibility,
            "wasmtime's own hash sees it"
        );
        Ok(())
    }
}
