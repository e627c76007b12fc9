//! Results and errors → HTTP answers. Whose fault an error is decides the status, and who may see its text.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use ovenbird::{Error, Frame, LimitKind, Usage};
use serde_json::{Value, json};

use crate::service::Problem;

fn answer(status: StatusCode, body: &Value) -> Response {
    (status, [(header::CONTENT_TYPE, "application/json")], body.to_string()).into_response()
}

pub(crate) fn ok(body: &Value) -> Response {
    answer(StatusCode::OK, body)
}

pub(crate) fn bad_request(what: &str) -> Response {
    answer(StatusCode::BAD_REQUEST, &json!({"error": "request", "message": what}))
}

/// The service has as many requests as it takes.
pub(crate) fn busy() -> Response {
    let what = "the service is busy";
    later(answer(StatusCode::SERVICE_UNAVAILABLE, &json!({"error": "busy", "message": what})))
}

/// Says when it is worth to try again.
fn later(mut answer: Response) -> Response {
    answer.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
    answer
}

pub(crate) fn problem(problem: &Problem) -> Response {
    match problem {
        Problem::Unknown => {
            let what = "there is no such tenant, or it has no program";
            answer(StatusCode::NOT_FOUND, &json!({"error": "unknown", "message": what}))
        }
        Problem::BadName => bad_request("a tenant's name is up to 64 letters, digits, `-` and `_`"),
        Problem::Full => {
            let what = "there are too many tenants";
            answer(StatusCode::SERVICE_UNAVAILABLE, &json!({"error": "full", "message": what}))
        }
        Problem::Failed(error) => failed(error, None),
    }
}

/// What a call used.
pub(crate) fn usage(usage: &Usage) -> Value {
    json!({
        "cpu_units": usage.cpu_units,
        "wall_us": u64::try_from(usage.wall.as_micros()).unwrap_or(u64::MAX),
        "memory_peak": usage.memory_peak,
        "host_bytes_peak": usage.io.host_bytes_peak,
        "bytes_read": usage.io.bytes_read,
    })
}

/// An error, with what was used until then if a call ended with it.
pub(crate) fn failed(error: &Error, used: Option<&Usage>) -> Response {
    let (status, mut body) = describe(error);
    if let Some(used) = used {
        body["usage"] = usage(used);
    }
    let answer = answer(status, &body);
    match error.limit().map(|limit| limit.which) {
        Some(LimitKind::WaitingCalls | LimitKind::Instances) => later(answer),
        _ => answer,
    }
}

fn describe(error: &Error) -> (StatusCode, Value) {
    match error {
        // The program is wrong: where, and what to write instead.
        Error::Compile(compile) => {
            let message = compile.diagnostics.first().message.clone();
            let diagnostics = json!(compile.to_json());
            let body = json!({"error": "compile", "message": message, "diagnostics": diagnostics});
            (StatusCode::UNPROCESSABLE_ENTITY, body)
        }
        // It is fine, but `score` is not what the service calls.
        Error::Signature(what) => {
            (StatusCode::UNPROCESSABLE_ENTITY, json!({"error": "signature", "message": what}))
        }
        // The program raised an exception.
        Error::Raised(raised) => {
            let body = json!({
                "error": "raised",
                "exception": raised.exception,
                "message": raised.message,
                "traceback": frames(&raised.traceback),
            });
            (StatusCode::BAD_REQUEST, body)
        }
        Error::Limit { limit, traceback } => {
            let body = json!({
                "error": "limit",
                "limit": limit.which.name(),
                "used": limit.used,
                "allowed": limit.allowed,
                "message": limit.to_string(),
                "traceback": frames(traceback),
            });
            (limit_status(limit.which), body)
        }
        Error::Denied(what) => (StatusCode::FORBIDDEN, json!({"error": "denied", "message": what})),
        Error::Cancelled { .. } => {
            (StatusCode::SERVICE_UNAVAILABLE, json!({"error": "cancelled", "message": "cancelled"}))
        }
        // Ours: a log would have the text.
        _ => (StatusCode::INTERNAL_SERVER_ERROR, json!({"error": "internal", "message": "internal error"})),
    }
}

/// Too much at once or for too long: later, or with less, it may work. Too large: it will not. That the service has no
/// memory free is nobody's fault.
fn limit_status(which: LimitKind) -> StatusCode {
    match which {
        LimitKind::Cpu | LimitKind::Deadline | LimitKind::WaitingCalls => StatusCode::TOO_MANY_REQUESTS,
        LimitKind::Instances => StatusCode::SERVICE_UNAVAILABLE,
        _ => StatusCode::PAYLOAD_TOO_LARGE,
    }
}

fn frames(frames: &[Frame]) -> Value {
    let frame = |f: &Frame| json!({"line": f.line, "function": f.function, "text": f.text});
    frames.iter().map(frame).collect()
}
