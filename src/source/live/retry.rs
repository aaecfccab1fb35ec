//! Asking again: which failures pass by themselves, and how long to wait.

use std::error::Error;
use std::io;
use std::time::Duration;

/// How often a request is sent at most.
const TRIES: u32 = 5;
/// The pause after the first try; each later one is twice as long.
const FIRST_PAUSE: Duration = Duration::from_millis(250);
/// A server that is asked too much wants at least so much rest (upstream's priority and fairness
/// says so in a header, which kube does not hand on).
const REST: Duration = Duration::from_secs(1);
/// What a server may ask for at most.
const LONGEST_PAUSE: Duration = Duration::from_secs(10);

/// How long to wait before a request is sent again that failed with `error` at its `tries`-th try;
/// none when it is not.
pub(super) fn pause(error: &kube::Error, tries: u32) -> Option<Duration> {
    if tries >= TRIES {
        return None;
    }
    let pause = FIRST_PAUSE * 2u32.pow(tries.saturating_sub(1));
    match error {
        kube::Error::Api(status) if matches!(status.code, 429 | 500 | 502 | 503 | 504) => {
            let asked = status.details.as_ref().map_or(0, |details| details.retry_after_seconds);
            let rest = if status.code == 429 { REST } else { Duration::ZERO };
            Some(pause.max(rest).max(Duration::from_secs(asked.into()).min(LONGEST_PAUSE)))
        }
        error => is_cut_off(error).then_some(pause),
    }
}

/// Whether the connection broke that had been made: a load balancer or an API server that goes down
/// to come up again.
fn is_cut_off(error: &kube::Error) -> bool {
    let mut next: Option<&(dyn Error + 'static)> = Some(error);
    while let Some(error) = next {
        let io = error.downcast_ref::<io::Error>().map(io::Error::kind);
        let http = error.downcast_ref::<hyper::Error>();
        if matches!(io, Some(io::ErrorKind::ConnectionReset | io::ErrorKind::BrokenPipe | io::ErrorKind::UnexpectedEof))
            || http.is_some_and(|error| error.is_incomplete_message() || error.is_canceled())
        {
            return true;
        }
        next = error.source();
    }
    false
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[track_caller]
    fn case(code: u16, retry_after_seconds: u32, tries: u32, expected: Option<u64>) {
        let status = json!({"code": code, "details": {"retryAfterSeconds": retry_after_seconds}});
        let status: kube::core::Status = serde_json::from_value(status).unwrap();
        let error = kube::Error::Api(Box::new(status));
        assert_eq!(pause(&error, tries), expected.map(Duration::from_millis));
    }

    #[test]
    fn a_server_that_is_busy_or_broken_is_asked_again_later_and_later() {
        case(503, 0, 1, Some(250));
        case(500, 0, 2, Some(500));
        case(502, 0, 4, Some(2000));
        case(504, 0, 5, None);
        case(429, 0, 1, Some(1000));
        case(429, 3, 1, Some(3000));
        case(503, 4000, 1, Some(10_000));
        case(403, 0, 1, None);
        case(410, 0, 1, None);
    }

    #[test]
    fn a_connection_that_broke_is_made_again_and_one_that_was_refused_is_not() {
        let error = |kind: io::ErrorKind| kube::Error::Service(Box::new(io::Error::from(kind)));
        assert!(pause(&error(io::ErrorKind::ConnectionReset), 1).is_some());
        assert!(pause(&error(io::ErrorKind::UnexpectedEof), 1).is_some());
        assert!(pause(&error(io::ErrorKind::ConnectionRefused), 1).is_none());
        assert!(pause(&error(io::ErrorKind::TimedOut), 1).is_none());
    }
}
