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
//! Authentication, TLS and persistence are left to what stands around a service. Input: HTTP/1.1 with JSON; output: JSON.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, Path, State};
use axum::response::Response;
use axum::routing::{get, post, put};
use ovenbird::{Cache, CacheOptions, Engine, Error, Limits, Scheduling};
use serde_json::json;
use tokio::net::TcpListener;

mod reply;
mod service;
#[cfg(test)]
mod tests;

use service::{Service, TenantLimits};

/// Largest request: a program or its features.
const MAX_BODY: usize = 1 << 20;

/// What a tenant may use if nothing else is said, and the most that it may ask for.
fn plan() -> Limits {
    Limits::default()
        .deadline(Duration::from_millis(200))
        .cpu_units(1_000_000_000)
        .memory_bytes(64 << 20)
        .host_bytes(16 << 20)
        .output_bytes(64 << 10)
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
    // Compiling is work for a thread that may block.
    let registered = tokio::task::spawn_blocking(move || service.register(&id, text)).await;
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
    match service.start(&id, &features) {
        Err(problem) => reply::problem(&problem),
        Ok((account, task)) => {
            let outcome = task.await;
            account.add(&outcome.usage);
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

/// Serves until `stop` is ready; then requests under way are finished, which their deadlines bound.
async fn serve(
    listener: TcpListener,
    service: Arc<Service>,
    stop: impl Future<Output = ()> + Send + 'static,
) -> std::io::Result<()> {
    axum::serve(listener, app(service)).with_graceful_shutdown(stop).await
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let address = std::env::args().nth(1).unwrap_or_else(|| "127.0.0.1:8080".to_owned());
    let scheduling = Scheduling { waiting_per_tenant: 100, ..Scheduling::default() };
    let cache = Cache::open(CacheOptions::from_environment());
    let engine = Engine::builder().cache(cache).scheduling(scheduling).build()?;
    let listener = TcpListener::bind(address).await?;
    println!("listening on http://{}", listener.local_addr()?);
    let stop = async {
        // Without a signal handler the service runs until it is killed.
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    };
    serve(listener, Arc::new(Service::new(engine, plan())), stop).await?;
    println!("stopped");
    Ok(())
}
