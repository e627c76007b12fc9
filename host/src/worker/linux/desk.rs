//! Calls of the embedder's functions that a worker asks for: checked, counted, made; one after the other.
//!
//! The worker has done all of this before, on behalf of its guest (`external/relay.rs`). Here it is done once more, since
//! the worker may have been taken over: it can call only functions that the program was given and the tenant may use,
//! only with values of their types, with no more text than the tenant's limits allow, and only as often as the
//! tenant's CPU units pay for. One that asks for anything else is killed.

use std::time::{Duration, Instant};

use super::pool::inside;
use crate::external::HostFunction;
use crate::external::passed::Passed;
use crate::external::relay::Reply;
use crate::run::Tenant;
use crate::worker::WorkerFailure;

/// The functions of one call.
pub(super) struct Desk<'a> {
    functions: &'a [HostFunction],
    tenant: &'a Tenant,
    /// When no further function is called.
    until: Instant,
    /// CPU units that calls have cost, and the text that they gave.
    spent: u64,
    /// The former alone: who asks for a call has paid for it.
    paid: u64,
    panicked: bool,
}

impl<'a> Desk<'a> {
    pub(super) fn new(functions: &'a [HostFunction], tenant: &'a Tenant, until: Instant) -> Self {
        Desk { functions, tenant, until, spent: 0, paid: 0, panicked: false }
    }

    /// CPU units that the worker has paid at least.
    pub(super) fn paid(&self) -> u64 {
        self.paid
    }

    /// Whether a function has panicked.
    pub(super) fn has_panicked(&self) -> bool {
        self.panicked
    }

    /// Calls a function; gives what to answer, and how long it took.
    pub(super) fn call(
        &mut self,
        number: u32,
        args: Vec<Passed>,
    ) -> Result<(Reply, Duration), WorkerFailure> {
        let wrong = |what: &str| WorkerFailure::Answer(what.to_owned());
        let function = self.functions.get(number as usize);
        let function = function.ok_or_else(|| wrong("it calls a function that there is not"))?;
        let (external, limits) = (&function.external, &self.tenant.limits);
        if self.tenant.grants.forbids_host_module(&external.module) {
            return Err(wrong("it calls a function that the tenant may not use"));
        }
        if !args.iter().map(Passed::plain).eq(external.signature.params.iter().copied()) {
            return Err(wrong("it calls a function with values of other types"));
        }
        let bytes = args.iter().map(Passed::bytes).fold(0, u64::saturating_add);
        if bytes > limits.host_bytes {
            return Err(wrong("it calls a function with more text than is allowed"));
        }
        let units = external.signature.cost.of_call(bytes);
        (self.spent, self.paid) = (self.spent.saturating_add(units), self.paid.saturating_add(units));
        if self.spent > limits.cpu_units {
            return Err(wrong("it calls functions that it cannot pay for"));
        }
        let started = Instant::now();
        if started > self.until {
            return Ok((Reply::Late, Duration::ZERO));
        }
        let applied = inside(|| function.code.apply(args));
        let reply = match applied.ok_or_else(|| wrong("it calls a function with other values"))? {
            Ok(Ok(value)) => self.returned(value, external.signature.cost.of_bytes(1)),
            Ok(Err(failure)) => Reply::Raised(failure.exception().to_owned(), failure.message().to_owned()),
            Err(_) => {
                self.panicked = true;
                Reply::Panicked
            }
        };
        Ok((reply, started.elapsed()))
    }

    fn returned(&mut self, value: Passed, units_a_byte: u64) -> Reply {
        let bytes = value.bytes();
        self.spent = self.spent.saturating_add(units_a_byte.saturating_mul(bytes));
        if bytes > self.tenant.limits.memory_bytes { Reply::TooLong(bytes) } else { Reply::Returned(value) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::external::table::HostModules;
    use crate::external::{Cost, HostFailure, HostModule};
    use crate::grants::Grants;
    use crate::limits::Limits;
    use ovenbird_compiler::abi::external::External;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU64, Ordering};

    /// `host.f(int, str) -> str` and `other.g() -> None`, and how often they were called.
    fn functions() -> (Vec<HostFunction>, Arc<AtomicU64>) {
        let calls = Arc::new(AtomicU64::new(0));
        let (count, more) = (Arc::clone(&calls), Arc::clone(&calls));
        let host = HostModule::new("host").expect("a name");
        let host = host.function("f", Cost::units(10).per_byte(1), move |n: i64, text: &str| {
            count.fetch_add(1, Ordering::SeqCst);
            text.repeat(n as usize)
        });
        let other = HostModule::new("other").expect("a name");
        let other = other.function("g", Cost::units(1), move || -> Result<(), HostFailure> {
            more.fetch_add(1, Ordering::SeqCst);
            Err(HostFailure::of("KeyError", "EUR"))
        });
        let mut modules = HostModules::default();
        [host, other].into_iter().for_each(|module| modules.insert(module.expect("a function")));
        let external =
            |module: &str, (name, signature)| External { module: module.to_owned(), name, signature };
        let wanted: Vec<External> = (modules.all().into_iter())
            .flat_map(|(module, all)| all.into_iter().map(move |one| external(&module, one)))
            .collect();
        (modules.link(&wanted).expect("they are there"), calls)
    }

    fn args(n: i64, text: &str) -> Vec<Passed> {
        vec![Passed::Int(n), Passed::Str(text.to_owned())]
    }

    fn later() -> Instant {
        Instant::now() + Duration::from_secs(60)
    }

    #[test]
    fn what_is_in_order_is_called() {
        let (functions, calls) = functions();
        let tenant = Tenant::default();
        let mut desk = Desk::new(&functions, &tenant, later());
        let reply = desk.call(0, args(2, "ab")).expect("in order").0;
        assert_eq!(reply, Reply::Returned(Passed::Str("abab".to_owned())));
        assert_eq!((desk.paid, desk.spent), (10 + 2, 10 + 2 + 4));
        let reply = desk.call(1, Vec::new()).expect("in order").0;
        assert_eq!(reply, Reply::Raised("KeyError".to_owned(), "EUR".to_owned()));
        assert_eq!((calls.load(Ordering::SeqCst), desk.has_panicked()), (2, false));
    }

    /// Fails without: any one of the checks in `Desk::call`.
    #[test]
    fn what_an_honest_worker_would_not_ask_for_is_never_called() {
        let (functions, calls) = functions();
        let limits = Limits::default().host_bytes(100).cpu_units(1000);
        let tenant = Tenant::default().limits(limits).grants(Grants::none().without_host_module("other"));
        let refused: [(u32, Vec<Passed>, &str); 10] = [
            (2, args(1, ""), "that there is not"),
            (u32::MAX, args(1, ""), "that there is not"),
            (1, Vec::new(), "may not use"),
            (0, Vec::new(), "other types"),
            (0, vec![Passed::Int(1)], "other types"),
            (0, [args(1, ""), args(1, "")].concat(), "other types"),
            (0, vec![Passed::Str(String::new()), Passed::Int(1)], "other types"),
            (0, vec![Passed::Int(1), Passed::None], "other types"),
            (0, vec![Passed::Bool(true), Passed::Str(String::new())], "other types"),
            (0, args(1, &"x".repeat(101)), "more text"),
        ];
        for (number, args, wanted) in refused {
            let mut desk = Desk::new(&functions, &tenant, later());
            match desk.call(number, args.clone()) {
                Err(WorkerFailure::Answer(what)) => assert!(what.contains(wanted), "{what}"),
                other => panic!("{number} {args:?}: {other:?}"),
            }
        }
        assert_eq!(calls.load(Ordering::SeqCst), 0);
    }

    /// Fails without: the account of what functions cost; counting the text of results.
    #[test]
    fn a_worker_calls_no_more_than_its_tenant_can_pay_for() {
        let (functions, calls) = functions();
        let tenant = Tenant::default().limits(Limits::default().cpu_units(105));
        let mut desk = Desk::new(&functions, &tenant, later());
        let made = (0..1000).take_while(|_| desk.call(0, args(0, "")).is_ok()).count();
        assert_eq!((made, calls.load(Ordering::SeqCst)), (10, 10));
        let mut desk = Desk::new(&functions, &tenant, later());
        assert!(desk.call(0, args(90, "x")).is_ok() && desk.call(0, args(0, "")).is_err());
    }

    /// Fails without: the moment after which nothing is called.
    #[test]
    fn after_its_time_nothing_is_called() {
        let (functions, calls) = functions();
        let tenant = Tenant::default();
        let mut desk = Desk::new(&functions, &tenant, Instant::now() - Duration::from_millis(1));
        assert_eq!(desk.call(0, args(1, "x")), Ok((Reply::Late, Duration::ZERO)));
        assert_eq!(calls.load(Ordering::SeqCst), 0);
    }

    /// Fails without: the bound on what is sent.
    #[test]
    fn a_text_that_fits_nowhere_is_not_sent() {
        let (functions, _) = functions();
        let tenant = Tenant::default().limits(Limits::default().memory_bytes(1000));
        let mut desk = Desk::new(&functions, &tenant, later());
        assert_eq!(desk.call(0, args(1001, "x")).map(|ended| ended.0), Ok(Reply::TooLong(1001)));
        assert!(matches!(desk.call(0, args(1000, "x")), Ok((Reply::Returned(_), _))));
    }
}
