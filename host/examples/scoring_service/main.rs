//! A scoring service over HTTP: customers bring a function, the service runs it on their requests.
//!
//! ```text
//! cargo run --release --example scoring_service -- 127.0.0.1:8080
//!
//! curl -X PUT localhost:8080/tenants/acme/program --data-binary $'def score(xs):\n    return 0.5 * xs.sum()\n'
//! curl -X POST localhost:8080/tenants/acme/score -d '{"features": [1.0, 2.5]}'
//! curl -X PUT localhost:8080/tenants/acme/limits -d '{"deadline_ms": 20, "memory_bytes": 16777216}'
//! curl localhost:8080/tenants/acme/usage
//! ```
//!
//! What it shows:
//! - **A contract by type.** A program must have `score`, from an array of numbers to a number; the typed handle
//!   `Function<fn(&[f64]) -> f64>` is checked once, when the program comes, and not with every request.
//! - **Tenants.** Each has limits, a part of the cache ([`Engine::scope`]) and a queue of its own: `spawn` hands calls
//!   to the engine's threads, which serve tenants in turn, so a tenant with a thousand requests waits for itself.
//! - **Async without blocked threads.** A [`Task`](ovenbird::Task) is a future. When a client goes away, axum drops the
//!   handler and with it the task, and the call is cancelled.
//! - **Errors by blame** become status codes (`reply.rs`): the program's mistakes are the tenant's to see, with their
//!   places; ours are not shown.
//! - **Usage** comes with each answer, also with a failure, and is added up for the bill.
//!
//! - **Overload is answered, and not queued for ever**: a tenant with too many waiting calls gets 429, and when the whole
//!   service has as many requests as it takes, everybody gets 503, both with `retry-after`.
//! - **An orderly end**: after Ctrl-C or SIGTERM no request is taken, and those under way are finished, within a time.
//!
//! | status | `error` | whose turn it is |
//! |---|---|---|
//! | 400 | `request`, `raised` | the client: the body is wrong; or the program raised, with its traceback |
//! | 403 | `denied` | the tenant: the program asks for what is not granted |
//! | 404 | `unknown` | the client: no such tenant |
//! | 413 | `limit` | the tenant: needs less memory or output |
//! | 422 | `compile`, `signature` | the tenant: the program, with places |
//! | 429 | `limit` | the tenant: took too long, or has too many calls waiting |
//! | 503 | `busy`, `full`, `limit`, `cancelled` | later |
//! | 500 | `internal` | us |
//!
//! Authentication, TLS and persistence are left to what stands around a service. Input: HTTP/1.1 with JSON; output: JSON.

use std::net::SocketAddr;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, Path, State};
use axum::response::Response;
use axum::routing::{get, post, put};
use clap::Parser;
use ovenbird::engine_config::PoolLimits;
use ovenbird::{Cache, CacheOptions, Engine, Error, Limits, Scheduling};
use serde_json::json;
use tokio::net::TcpListener;
use tokio::sync::watch;

mod reply;
mod service;
#[cfg(test)]
mod tests;

use service::{Service, TenantLimits};

/// Largest request: a program or its features.
const MAX_BODY: usize = 1 << 20;

/// Runs customers' functions on their requests.
///
/// A customer puts a program with a function `score(xs)`, from an array of numbers to a number, and posts features to it.
/// Requests and answers are JSON; the head of the example's source has a few to try.
#[derive(Parser)]
struct Arguments {
    /// Where to listen.
    #[arg(default_value = "127.0.0.1:8080")]
    address: SocketAddr,
    /// Calls that run at once; of one tenant, half as many.
    #[arg(long, value_name = "COUNT", default_value_t = 8)]
    threads: usize,
    /// Calls of one tenant that may wait; more are answered with 429.
    #[arg(long, value_name = "COUNT", default_value_t = 100)]
    waiting: usize,
    /// Requests of all tenants at once; more are answered with 503.
    #[arg(long, value_name = "COUNT", default_value_t = 1_000)]
    requests: usize,
    /// The most milliseconds that a tenant's call may take.
    #[arg(long, value_name = "MS", default_value_t = 200)]
    deadline: u64,
    /// The most MiB of memory that a tenant's call may use.
    #[arg(long, value_name = "MIB", default_value_t = 64)]
    memory: u64,
    /// Takes memories from a pool with one for each thread: quicker, but sets 4 GiB of addresses aside for each.
    #[arg(long)]
    pool: bool,
    /// Seconds that requests under way have to finish when the service is stopped.
    #[arg(long, value_name = "SECONDS", default_value_t = 10)]
    grace: u64,
}

impl Arguments {
    /// What a tenant may use if nothing else is said, and the most that it may ask for.
    fn plan(&self) -> Limits {
        Limits::default()
            .deadline(Duration::from_millis(self.deadline))
            .cpu_units(1_000_000_000)
            .memory_bytes(self.memory.saturating_mul(1 << 20))
            .host_bytes(16 << 20)
            .output_bytes(64 << 10)
    }

    fn engine(&self) -> Result<Engine, Error> {
        let threads = self.threads.max(1);
        let running_per_tenant = threads.div_ceil(2);
        let scheduling = Scheduling { threads, running_per_tenant, waiting_per_tenant: self.waiting };
        let cache = Cache::open(CacheOptions::from_environment());
        let engine = Engine::builder().cache(cache).scheduling(scheduling);
        if !self.pool {
            return engine.build();
        }
        let wrong = |_| Error::Signature("more memory or threads than a pool can have".to_owned());
        let slots = u32::try_from(threads).map_err(wrong)?;
        let memory_bytes = usize::try_from(self.memory.saturating_mul(1 << 20)).map_err(wrong)?;
        engine.pool(PoolLimits { slots, memory_bytes }).build()
    }
}

fn app(service: Arc<Service>) -> Router {
    Router::new()
        .route("/tenants/{id}/program", put(put_program))
        .route("/tenants/{id}/limits", put(put_limits))
        .route("/tenants/{id}/score", post(post_score))
        .route("/tenants/{id}/usage", get(get_usage))
        .layer(DefaultBodyLimit::max(MAX_BODY))
        .with_state(service)
}

/// Compiles a tenant's program and puts it in the place of the one before.
async fn put_program(State(service): State<Arc<Service>>, Path(id): Path<String>, body: Bytes) -> Response {
    let Ok(text) = String::from_utf8(body.into()) else {
        return reply::bad_request("a program is UTF-8 text");
    };
    let Some(_admitted) = service.admit() else { return reply::busy() };
    // Compiling is work for a thread that may block.
    let registered = tokio::task::spawn_blocking({
        let service = service.clone();
        move || service.register(&id, text)
    })
    .await;
    match registered {
        Ok(Ok(info)) => reply::ok(&info),
        Ok(Err(problem)) => reply::problem(&problem),
        Err(_) => reply::failed(&Error::Internal("the compiler ended early".to_owned()), None),
    }
}

/// Sets what a tenant may use, within the service's plan.
async fn put_limits(State(service): State<Arc<Service>>, Path(id): Path<String>, body: Bytes) -> Response {
    let Some(wanted) = TenantLimits::parse(&body) else {
        return reply::bad_request("limits are an object of `deadline_ms`, `cpu_units` and `memory_bytes`");
    };
    match service.set_limits(&id, &wanted) {
        Ok(limits) => reply::ok(&json!({
            "deadline_ms": limits.deadline.as_millis() as u64,
            "cpu_units": limits.cpu_units,
            "memory_bytes": limits.memory_bytes,
        })),
        Err(problem) => reply::problem(&problem),
    }
}

/// Calls the tenant's function.
async fn post_score(State(service): State<Arc<Service>>, Path(id): Path<String>, body: Bytes) -> Response {
    let Some(features) = service::features(&body) else {
        return reply::bad_request("the body is an object with `features`, a list of numbers");
    };
    // Held until the call has ended.
    let Some(_admitted) = service.admit() else { return reply::busy() };
    match service.start(&id, &features) {
        Err(problem) => reply::problem(&problem),
        Ok((account, task)) => {
            let outcome = task.await;
            account.add(&outcome);
            match outcome.result {
                Ok(score) => reply::ok(&json!({"score": score, "usage": reply::usage(&outcome.usage)})),
                Err(error) => reply::failed(&error, Some(&outcome.usage)),
            }
        }
    }
}

/// What a tenant has used since it came.
async fn get_usage(State(service): State<Arc<Service>>, Path(id): Path<String>) -> Response {
    match service.account(&id) {
        Ok(account) => reply::ok(&account.to_json()),
        Err(problem) => reply::problem(&problem),
    }
}

/// Serves until `stop` is ready. Then nothing is accepted any more, and requests under way have `grace` to finish: their
/// deadlines bound the calls, but not how slowly a client sends.
async fn serve(
    listener: TcpListener,
    service: Arc<Service>,
    grace: Duration,
    stop: impl Future<Output = ()> + Send + 'static,
) -> std::io::Result<()> {
    let (stopping, mut stopped) = watch::channel(false);
    let stop = async move {
        stop.await;
        stopping.send_replace(true);
    };
    let out_of_time = async {
        // An error says that there is no sender any more: the server has ended by itself.
        if stopped.wait_for(|stopped| *stopped).await.is_err() {
            std::future::pending::<()>().await;
        }
        tokio::time::sleep(grace).await;
    };
    tokio::select! {
        served = async { axum::serve(listener, app(service)).with_graceful_shutdown(stop).await } => served,
        () = out_of_time => Err(std::io::Error::other("some requests did not end in time and were cut off")),
    }
}

/// Ready when the service is asked to stop, by Ctrl-C or, as service managers do it, by SIGTERM.
async fn asked_to_stop() {
    // Without a handler the service runs until it is killed.
    let interrupted = async {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    };
    #[cfg(unix)]
    let terminated = async {
        match tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
            Ok(mut signal) => signal.recv().await,
            Err(_) => std::future::pending().await,
        }
    };
    #[cfg(not(unix))]
    let terminated = std::future::pending::<Option<()>>();
    tokio::select! {
        () = interrupted => {}
        _ = terminated => {}
    }
    println!("stopping");
}

async fn run(arguments: &Arguments) -> Result<(), Box<dyn std::error::Error>> {
    let service = Service::new(arguments.engine()?, arguments.plan(), arguments.requests);
    let address = arguments.address;
    let failed = |error| format!("cannot listen on {address}: {error}");
    let listener = TcpListener::bind(address).await.map_err(failed)?;
    println!("listening on http://{}", listener.local_addr()?);
    serve(listener, Arc::new(service), Duration::from_secs(arguments.grace), asked_to_stop()).await?;
    println!("stopped");
    Ok(())
}

#[tokio::main]
async fn main() -> ExitCode {
    match run(&Arguments::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}
