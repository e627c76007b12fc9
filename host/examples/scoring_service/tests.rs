//! The service on a loopback port, spoken to over HTTP.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::time::Duration;

use clap::Parser as _;
use ovenbird::{Engine, Limits, Scheduling};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::{JoinHandle, spawn_blocking};

use crate::service::Service;
use crate::{Arguments, serve};

const SUM: &str = "def score(xs):\n    return 0.5 * xs.sum()\n";
const SPIN: &str = "def score(xs):\n    n = 0.0\n    while True:\n        n += xs[0]\n    return n\n";
const HUNGRY: &str = "\
def score(xs):
    kept = [0.0]
    while True:
        kept = kept + kept
    return kept[0]
";

/// What tenants may use; nothing that is tested depends on how fast it is, but for what has a deadline of its own.
fn plan() -> Limits {
    Arguments::parse_from(["scoring_service", "--deadline", "600000"]).plan()
}

/// Requests that the service takes at once.
const REQUESTS: usize = 100;

/// A service that runs.
struct Running {
    service: Arc<Service>,
    address: SocketAddr,
    stop: oneshot::Sender<()>,
    served: JoinHandle<std::io::Result<()>>,
}

impl Running {
    async fn start(scheduling: Scheduling) -> Running {
        Running::within(scheduling, Duration::from_secs(600)).await
    }

    /// With a time for requests under way when it is stopped.
    async fn within(scheduling: Scheduling, grace: Duration) -> Running {
        Running::with(scheduling, plan(), grace).await
    }

    async fn with(scheduling: Scheduling, plan: Limits, grace: Duration) -> Running {
        let engine = Engine::builder().scheduling(scheduling).build().expect("an engine");
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let (stop, stopped) = oneshot::channel();
        let service = Arc::new(Service::new(engine, plan, REQUESTS));
        let served = tokio::spawn(serve(listener, service.clone(), grace, async {
            let _ = stopped.await;
        }));
        Running { service, address, stop, served }
    }

    async fn ask(&self, method: &'static str, path: &str, body: impl Into<String>) -> (u16, Value) {
        let (address, path, body) = (self.address, path.to_owned(), body.into());
        spawn_blocking(move || ask(address, method, &path, &body)).await.expect("answered")
    }

    async fn score(&self, tenant: &str, features: &[f64]) -> (u16, Value) {
        let body = json!({"features": features}).to_string();
        self.ask("POST", &format!("/tenants/{tenant}/score"), body).await
    }

    /// A tenant whose calls end at this deadline.
    async fn spinning(&self, tenant: &str, deadline_ms: u64) {
        self.program(tenant, SPIN).await;
        let limits = json!({"deadline_ms": deadline_ms}).to_string();
        let (status, limits) = self.ask("PUT", &format!("/tenants/{tenant}/limits"), limits).await;
        assert_eq!((status, &limits["deadline_ms"]), (200, &json!(deadline_ms)));
    }

    async fn program(&self, tenant: &str, text: &str) -> (u16, Value) {
        self.ask("PUT", &format!("/tenants/{tenant}/program"), text).await
    }
}

/// One request over a connection of its own: the status and the body.
fn ask(address: SocketAddr, method: &str, path: &str, body: &str) -> (u16, Value) {
    let answer = raw(address, method, path, body);
    let status = answer.split(' ').nth(1).and_then(|status| status.parse().ok()).expect("a status");
    let body = answer.split_once("\r\n\r\n").map(|(_, body)| body).unwrap_or_default();
    (status, serde_json::from_str(body).unwrap_or(Value::Null))
}

/// The same, with the headers, as text.
fn raw(address: SocketAddr, method: &str, path: &str, body: &str) -> String {
    let mut stream = TcpStream::connect(address).expect("connected");
    let head = format!(
        "{method} {path} HTTP/1.1\r\nhost: test\r\nconnection: close\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(body.as_bytes())).expect("sent");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("an answer");
    answer
}

#[tokio::test(flavor = "multi_thread")]
async fn a_program_comes_and_scores() {
    let service = Running::start(Scheduling::default()).await;
    assert_eq!(service.score("acme", &[1.0]).await.0, 404, "nobody knows it");
    let (status, info) = service.program("acme", SUM).await;
    assert_eq!(status, 200, "{info}");
    assert!(info["timings_us"]["native"].as_u64().is_some_and(|time| time > 0), "{info}");
    let (status, answer) = service.score("acme", &[1.0, 2.5]).await;
    assert_eq!((status, &answer["score"]), (200, &json!(1.75)));
    assert!(answer["usage"]["cpu_units"].as_u64().is_some_and(|units| units > 0), "{answer}");
    assert!(answer["usage"]["memory_peak"].as_u64().is_some_and(|bytes| bytes > 0), "{answer}");
    service.program("acme", "def score(xs):\n    return 0.0 + len(xs)\n").await;
    assert_eq!(service.score("acme", &[1.0, 2.5]).await.1["score"], json!(2.0), "the newer program");
    let (_, used) = service.ask("GET", "/tenants/acme/usage", "").await;
    assert_eq!((&used["calls"], &used["limited"], &used["failed"]), (&json!(2), &json!(0), &json!(0)));
    service.program("acme", "def score(xs):\n    return xs[9]\n").await;
    assert_eq!(service.score("acme", &[1.0]).await.0, 400);
    let (_, after) = service.ask("GET", "/tenants/acme/usage", "").await;
    assert_eq!((&after["calls"], &after["failed"]), (&json!(3), &json!(1)));
    assert!(after["cpu_units"].as_u64() > used["cpu_units"].as_u64(), "a failure is paid for: {after}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_program_is_the_tenants_to_mend() {
    let service = Running::start(Scheduling::default()).await;
    service.program("acme", SUM).await;
    let (status, answer) = service.program("acme", "def score(xs):\n    return xs.sum() + 'a'\n").await;
    assert_eq!(status, 422, "{answer}");
    assert_eq!((&answer["error"], &answer["diagnostics"][0]["line"]), (&json!("compile"), &json!(2)));
    let (status, answer) = service.program("acme", "def score(xs):\n    return 'high'\n").await;
    assert_eq!((status, &answer["error"]), (422, &json!("signature")));
    assert_eq!(service.score("acme", &[4.0]).await.1["score"], json!(2.0), "the one before is still there");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_exception_has_its_lines() {
    let service = Running::start(Scheduling::default()).await;
    service.program("acme", "def score(xs):\n    return xs[5]\n").await;
    let (status, answer) = service.score("acme", &[1.0]).await;
    assert_eq!((status, &answer["exception"]), (400, &json!("IndexError")));
    assert_eq!(answer["traceback"][0]["text"], json!("return xs[5]"));
    assert!(answer["usage"]["wall_us"].is_u64(), "also a failure is accounted for");
}

#[tokio::test(flavor = "multi_thread")]
async fn limits_end_calls_and_nobody_elses() {
    let service = Running::start(Scheduling::default()).await;
    service.program("spin", SPIN).await;
    service.program("hungry", HUNGRY).await;
    service.program("good", SUM).await;
    let (status, limits) = service
        .ask("PUT", "/tenants/spin/limits", r#"{"deadline_ms": 50, "cpu_units": 1000000000000}"#)
        .await;
    assert_eq!((status, &limits["deadline_ms"]), (200, &json!(50)));
    assert_eq!(limits["cpu_units"], json!(plan().cpu_units), "no more than the plan");
    let (spin, hungry, good) = tokio::join!(
        service.score("spin", &[1.0]),
        service.score("hungry", &[1.0]),
        service.score("good", &[4.0])
    );
    assert_eq!((spin.0, &spin.1["error"]), (429, &json!("limit")), "{}", spin.1);
    assert_eq!((hungry.0, &hungry.1["limit"]), (413, &json!("memory limit")), "{}", hungry.1);
    assert_eq!((good.0, &good.1["score"]), (200, &json!(2.0)), "{}", good.1);
    assert_eq!(service.ask("PUT", "/tenants/spin/limits", r#"{"speed": 1}"#).await.0, 400);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_queue_is_refused() {
    let one = Scheduling { threads: 1, running_per_tenant: 1, waiting_per_tenant: 1 };
    let endless = plan().cpu_units(u64::MAX);
    let service = Running::with(one, endless, Duration::from_secs(600)).await;
    service.program("spin", SPIN).await;
    let start = || match service.service.start("spin", &[1.0]) {
        Ok((_, task)) => task,
        Err(_) => panic!("it has a program"),
    };
    // Both go on until they are dropped. Until the first runs, the second is refused itself.
    let running = start();
    let waiting = loop {
        let task = start();
        if !task.is_finished() {
            break task;
        }
        tokio::task::yield_now().await;
    };
    for _ in 0..3 {
        let (status, answer) = service.score("spin", &[1.0]).await;
        assert_eq!((status, &answer["limit"]), (429, &json!("waiting call limit")), "{answer}");
    }
    assert!(
        !running.is_finished() && !waiting.is_finished(),
        "one runs, one waits, the others are told at once"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_that_are_none_are_refused() {
    let service = Running::start(Scheduling::default()).await;
    service.program("acme", SUM).await;
    for body in ["", "[]", r#"{"features": 1}"#, r#"{"features": ["a"]}"#] {
        assert_eq!(service.ask("POST", "/tenants/acme/score", body).await.0, 400, "{body}");
    }
    assert_eq!(service.program("a%20b", SUM).await.0, 400, "no name");
    assert_eq!(service.program("acme", &" ".repeat((1 << 20) + 1)).await.0, 413);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_service_that_stops_finishes_what_it_began() {
    let service = Running::start(Scheduling::default()).await;
    service.spinning("spin", 100).await;
    let address = service.address;
    let under_way =
        spawn_blocking(move || ask(address, "POST", "/tenants/spin/score", r#"{"features": [1.0]}"#));
    while service.service.room() == REQUESTS && !under_way.is_finished() {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    service.stop.send(()).expect("it runs");
    assert_eq!(under_way.await.expect("answered").0, 429, "its limit, and not a connection that was cut");
    service.served.await.expect("no panic").expect("it ended well");
    assert!(TcpStream::connect(address).is_err(), "nobody listens any more");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_busy_service_says_so_at_once() {
    let service = Running::start(Scheduling::default()).await;
    service.program("acme", SUM).await;
    let others: Vec<_> = (0..REQUESTS).map(|_| service.service.admit().expect("there is room")).collect();
    let address = service.address;
    let ask_raw = move || raw(address, "POST", "/tenants/acme/score", r#"{"features": [1.0]}"#);
    let answer = spawn_blocking(ask_raw).await.expect("answered");
    assert!(answer.starts_with("HTTP/1.1 503 "), "{answer}");
    assert!(answer.contains("\r\nretry-after: 1\r\n") && answer.contains(r#""error":"busy""#), "{answer}");
    assert_eq!(service.program("acme", SUM).await.0, 503, "also for programs");
    assert_eq!(service.ask("GET", "/tenants/acme/usage", "").await.1["calls"], json!(0));
    drop(others);
    assert_eq!(service.score("acme", &[1.0]).await.0, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_never_ends_its_request_does_not_hold_up_the_end() {
    let service = Running::within(Scheduling::default(), Duration::from_millis(50)).await;
    let mut slow = TcpStream::connect(service.address).expect("connected");
    let head = "POST /tenants/acme/score HTTP/1.1\r\nhost: test\r\ncontent-length: 100\r\n\r\n";
    slow.write_all(head.as_bytes()).expect("sent");
    // Answered later than the slow one was accepted.
    assert_eq!(service.score("acme", &[1.0]).await.0, 404);
    service.stop.send(()).expect("it runs");
    let ended = service.served.await.expect("no panic");
    assert!(ended.is_err_and(|error| error.to_string().contains("cut off")));
    drop(slow);
}

#[test]
fn arguments_are_checked() {
    use clap::CommandFactory as _;
    Arguments::command().debug_assert();
    assert!(Arguments::try_parse_from(["scoring_service", "nowhere"]).is_err(), "no address");
    let pooled = Arguments::parse_from(["scoring_service", "--pool", "--threads", "3", "--memory", "2"]);
    assert_eq!(pooled.plan().memory_bytes, 2 << 20);
    assert!(pooled.engine().is_ok());
}
