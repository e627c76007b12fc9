//! Who the tenants are, what they run and what they have used. Knows nothing of HTTP.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use ovenbird::{Engine, Error, Function, Limits, Outcome, Scope, Source, Task, Tenant};
use serde_json::{Value, json};
use tokio::sync::{Semaphore, SemaphorePermit};

/// What every program must have under the name `score`.
type Score = fn(&[f64]) -> f64;

/// Bytes of compiled code that are kept for a tenant.
const CACHE_QUOTA: u64 = 64 << 20;

/// Most tenants.
const MAX_TENANTS: usize = 10_000;

pub(crate) struct Service {
    engine: Engine,
    plan: Limits,
    tenants: Mutex<HashMap<String, Registered>>,
    /// Requests that may still come.
    room: Semaphore,
}

/// One tenant.
#[derive(Clone)]
struct Registered {
    tenant: Tenant,
    /// The engine as this tenant sees it.
    engine: Engine,
    /// Its function, once a program has come.
    score: Option<Function<Score>>,
    account: Arc<Account>,
}

/// Why a request is not served.
pub(crate) enum Problem {
    /// There is no such tenant, or it has no program.
    Unknown,
    /// The tenant's name is none.
    BadName,
    /// There are too many tenants.
    Full,
    /// What Ovenbird says.
    Failed(Error),
}

/// What a tenant has used: the sum over its calls, those that failed included.
#[derive(Default)]
pub(crate) struct Account {
    calls: AtomicU64,
    /// Calls that ended at a limit, and other failures.
    limited: AtomicU64,
    failed: AtomicU64,
    cpu_units: AtomicU64,
    wall_us: AtomicU64,
    output_bytes: AtomicU64,
}

impl Account {
    pub(crate) fn add<T>(&self, Outcome { result, usage, .. }: &Outcome<T>) {
        let (limited, failed) = match result {
            Ok(_) => (0, 0),
            Err(Error::Limit { .. }) => (1, 0),
            Err(_) => (0, 1),
        };
        let wall = u64::try_from(usage.wall.as_micros()).unwrap_or(u64::MAX);
        for (sum, part) in [
            (&self.calls, 1),
            (&self.limited, limited),
            (&self.failed, failed),
            (&self.cpu_units, usage.cpu_units),
            (&self.wall_us, wall),
            (&self.output_bytes, usage.io.output_bytes),
        ] {
            sum.fetch_add(part, Ordering::Relaxed);
        }
    }

    pub(crate) fn to_json(&self) -> Value {
        let read = |sum: &AtomicU64| sum.load(Ordering::Relaxed);
        json!({
            "calls": read(&self.calls),
            "limited": read(&self.limited),
            "failed": read(&self.failed),
            "cpu_units": read(&self.cpu_units),
            "wall_us": read(&self.wall_us),
            "output_bytes": read(&self.output_bytes),
        })
    }
}

/// Limits that a tenant asks for.
#[derive(Default)]
pub(crate) struct TenantLimits {
    deadline: Option<Duration>,
    cpu_units: Option<u64>,
    memory_bytes: Option<u64>,
}

impl TenantLimits {
    /// `None` unless it is an object of known names and whole numbers.
    pub(crate) fn parse(body: &[u8]) -> Option<Self> {
        let Value::Object(fields) = serde_json::from_slice(body).ok()? else { return None };
        let mut limits = TenantLimits::default();
        for (name, value) in fields {
            let value = Some(value.as_u64()?);
            match name.as_str() {
                "deadline_ms" => limits.deadline = value.map(Duration::from_millis),
                "cpu_units" => limits.cpu_units = value,
                "memory_bytes" => limits.memory_bytes = value,
                _ => return None,
            }
        }
        Some(limits)
    }
}

/// The features of a request: `{"features": [1.0, 2]}`.
pub(crate) fn features(body: &[u8]) -> Option<Vec<f64>> {
    let body: Value = serde_json::from_slice(body).ok()?;
    body.get("features")?.as_array()?.iter().map(Value::as_f64).collect()
}

impl Service {
    /// A service for so many requests at once.
    pub(crate) fn new(engine: Engine, plan: Limits, requests: usize) -> Self {
        let room = Semaphore::new(requests.min(Semaphore::MAX_PERMITS));
        Service { engine, plan, tenants: Mutex::default(), room }
    }

    /// Leave to work on a request, until it is dropped; `None` if there are enough already. The tenants' queues bound
    /// what each may have waiting, this bounds them all.
    pub(crate) fn admit(&self) -> Option<SemaphorePermit<'_>> {
        self.room.try_acquire().ok()
    }

    /// How many more requests there is room for.
    #[cfg(test)]
    pub(crate) fn room(&self) -> usize {
        self.room.available_permits()
    }

    /// Compiles a program for a tenant, who is new if nobody knows the name. Gives where the code came from.
    pub(crate) fn register(&self, id: &str, text: String) -> Result<Value, Problem> {
        let engine = self.tenant(id)?.engine;
        // The time of this depends on the tenant's own part of the cache only.
        let program = engine.compile(&Source::new("program.py", text)).map_err(Problem::Failed)?;
        let score = program.get::<Score>("score").map_err(Problem::Failed)?;
        let info = score.dynamic().info();
        let micros = |time: Duration| u64::try_from(time.as_micros()).unwrap_or(u64::MAX);
        let answer = json!({
            "function": format!("score({}) -> {}", info.params.join(", "), info.result),
            "from": info.provenance.name(),
            "why": info.provenance.reason(),
            "timings_us": {
                "check": micros(info.timings.check),
                "lower": micros(info.timings.lower),
                "encode": micros(info.timings.encode),
                "native": micros(info.timings.native),
                "load": micros(info.timings.load),
            },
        });
        // Calls under way have a handle of their own, and finish with the program that they began with.
        if let Some(registered) = self.lock().get_mut(id) {
            registered.score = Some(score);
        }
        Ok(answer)
    }

    /// Sets a tenant's limits; what is more than the plan allows is cut down to it.
    pub(crate) fn set_limits(&self, id: &str, wanted: &TenantLimits) -> Result<Limits, Problem> {
        let TenantLimits { deadline, cpu_units, memory_bytes } = wanted;
        let plan = &self.plan;
        let limits = plan
            .clone()
            .deadline(deadline.unwrap_or(plan.deadline).min(plan.deadline))
            .cpu_units(cpu_units.unwrap_or(plan.cpu_units).min(plan.cpu_units))
            .memory_bytes(memory_bytes.unwrap_or(plan.memory_bytes).min(plan.memory_bytes));
        let mut tenants = self.lock();
        let registered = tenants.get_mut(id).ok_or(Problem::Unknown)?;
        registered.tenant = registered.tenant.clone().limits(limits.clone());
        Ok(limits)
    }

    /// Starts a call. The task is a future, and cancels the call when it is dropped.
    pub(crate) fn start(&self, id: &str, features: &[f64]) -> Result<(Arc<Account>, Task<f64>), Problem> {
        let Registered { tenant, score, account, .. } =
            self.lock().get(id).cloned().ok_or(Problem::Unknown)?;
        let task = score.ok_or(Problem::Unknown)?.spawn(&tenant, (features,));
        Ok((account, task))
    }

    pub(crate) fn account(&self, id: &str) -> Result<Arc<Account>, Problem> {
        self.lock().get(id).map(|registered| registered.account.clone()).ok_or(Problem::Unknown)
    }

    /// A tenant by name; a new one has the service's plan.
    fn tenant(&self, id: &str) -> Result<Registered, Problem> {
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
        if id.is_empty() || id.len() > 64 || !id.chars().all(plain) {
            return Err(Problem::BadName);
        }
        let mut tenants = self.lock();
        if let Some(registered) = tenants.get(id) {
            return Ok(registered.clone());
        }
        if tenants.len() >= MAX_TENANTS {
            return Err(Problem::Full);
        }
        let registered = Registered {
            tenant: Tenant::named(id).limits(self.plan.clone()),
            engine: self.engine.scope(&Scope::new(id).quota(CACHE_QUOTA)),
            score: None,
            account: Arc::default(),
        };
        tenants.insert(id.to_owned(), registered.clone());
        Ok(registered)
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Registered>> {
        // Entries are replaced whole, so a panic elsewhere cannot have left one half changed.
        self.tenants.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
