//! Code that runs in workers, and a call of it: arguments out, output, files and functions of the embedder on the way,
//! the result in. What comes back is checked: whoever sent it may have been taken over.

use std::sync::Arc;
use std::time::{Duration, Instant};

use ovenbird_compiler::abi;
use ovenbird_compiler::types::Type;

use super::client::{Client, Code, answer, later, next};
use super::desk::Desk;
use super::frame::Most;
use super::pool::Owner;
use super::process::{Exchange, Process};
use super::values::{self, Sent};
use super::wire::{Answer, Ask, Call, Print, Wanted};
use crate::bundle::SchemaText;
use crate::cancel::Cancel;
use crate::code::UnitInfo;
use crate::error::Error;
use crate::external::HostFunction;
use crate::imports::Output;
use crate::limits::{Limits, Usage as IoUsage};
use crate::run::{Outcome, Tenant, Unread, Usage};
use crate::value::{Arg, Value};

/// Code that runs in workers.
pub(crate) struct Isolated {
    pub(super) client: Client,
    pub(super) code: Arc<Code>,
    /// What the program was asked for; a bundle is not asked again.
    pub(super) wanted: Option<Wanted>,
    pub(super) params: Vec<Type>,
    pub(super) result: Type,
    /// What comes of a result: of a value that is known before, nothing but its kind.
    pub(super) received: Type,
    pub(super) given: Vec<(String, Value)>,
    /// The embedder's functions that it may call; numbered by their places.
    pub(super) functions: Vec<HostFunction>,
    /// Datasets that it was compiled for long ago.
    pub(super) datasets: Vec<(String, SchemaText)>,
    pub(super) infos: Vec<UnitInfo>,
}

/// How a call ended in the worker: the result, or the error that it tells.
type Ended = (Result<Value, Error>, Usage);

impl Isolated {
    pub(crate) fn wanted(&self) -> Option<&Wanted> {
        self.wanted.as_ref()
    }

    pub(crate) fn params(&self) -> &[Type] {
        &self.params
    }

    pub(crate) fn result(&self) -> &Type {
        &self.result
    }

    /// What is known of its units: at least one.
    pub(crate) fn infos(&self) -> &[UnitInfo] {
        &self.infos
    }

    /// Calls it in a worker of the tenant.
    pub(crate) fn call_until(
        &self,
        tenant: &Tenant,
        args: &[Arg<'_>],
        mut output: Output,
        cancel: Option<&Cancel>,
    ) -> Outcome {
        let mut usage = Usage::default();
        let result = self.call_in(tenant, args, &mut output, cancel, &mut usage);
        let result = match (result, output.flush()) {
            (Ok(_), Err(error)) => Err(Error::Io(format!("cannot write output: {}", error.kind()))),
            (result, _) => result,
        };
        Outcome { result, usage, output, units: self.infos.clone() }
    }

    fn call_in(
        &self,
        tenant: &Tenant,
        args: &[Arg<'_>],
        output: &mut Output,
        cancel: Option<&Cancel>,
        usage: &mut Usage,
    ) -> Result<Value, Error> {
        let mut elements = Vec::new();
        let unread = Unread::new(&self.code.face.unread);
        let sent = values::pack_args(args, &self.params, unread, &mut elements)?;
        let pool = &self.client.pool;
        let owner = Owner::Tenant(self.client.scope, Arc::clone(tenant.id()));
        let mut lease = pool.take(owner).map_err(Error::Worker)?;
        let (limits, number) = (&tenant.limits, next());
        let allowed = limits.deadline.saturating_add(pool.options.grace);
        let result = usize::try_from(limits.memory_bytes).unwrap_or(usize::MAX);
        let mut exchange = Exchange {
            until: later(allowed),
            allowed,
            grace: pool.options.grace,
            grants: &tenant.grants,
            opens: 0,
            most: Most { head: result.saturating_add(1 << 20), tail: result.saturating_add(1 << 20) },
            cancel: cancel.map(|cancel| (number, cancel)),
        };
        let process = lease.process();
        self.load(process, &mut exchange)?;
        let ask = Ask::Call(self.call(number, sent, tenant, output));
        process.send(&ask, &elements, &exchange).map_err(Error::Worker)?;
        let mut listening = Listening {
            number,
            limits,
            printable: limits.output_bytes.saturating_mul(10),
            unwritten: None,
            desk: Desk::new(&self.functions, tenant, exchange.until),
        };
        let (result, used) = listening.until_done(process, &mut exchange, output)?;
        *usage = used;
        let result = match result {
            Ok(value) if !fits(&value, &self.received) => return Err(answer("a result of another type")),
            Err(Error::Host { .. }) if !listening.desk.has_panicked() => {
                return Err(answer("a panic that there was not"));
            }
            other => other,
        };
        process.calls += 1;
        // One in which something inexplicable happened does not serve again.
        if !matches!(result, Err(Error::Internal(_))) {
            lease.give_back();
        }
        match listening.unwritten {
            Some(kind) => Err(Error::Io(format!("cannot write output: {kind}"))),
            None => result,
        }
    }

    /// Has the process load the code, if it did not yet.
    fn load(&self, process: &mut Process, exchange: &mut Exchange<'_>) -> Result<(), Error> {
        if process.loaded.contains(&self.code.number) {
            return Ok(());
        }
        process.send(&Ask::Load(self.code.number), &self.code.bytes, exchange).map_err(Error::Worker)?;
        match process.receive(exchange).map_err(Error::Worker)? {
            (Answer::Loaded(Ok(())), _) => process.loaded.insert(self.code.number),
            (Answer::Loaded(Err(why)), _) => return Err(answer(&format!("it loads no code: {why}"))),
            _ => return Err(answer("something while it loads")),
        };
        Ok(())
    }

    fn call(&self, number: u64, args: Vec<Sent>, tenant: &Tenant, output: &Output) -> Call {
        let functions = self.functions.iter().map(|function| (*function.external).clone());
        let mut denied: Vec<String> = self.functions.iter().map(|f| f.external.module.clone()).collect();
        denied.retain(|module| tenant.grants.forbids_host_module(module));
        Call {
            number,
            code: self.code.number,
            args,
            given: self.given.clone(),
            functions: functions.collect(),
            denied,
            datasets: self.datasets.clone(),
            limits: tenant.limits.clone(),
            clock: tenant.grants.has_clock(),
            print: match output {
                Output::Discard => Print::Nowhere,
                Output::Capture(_) => Print::Pieces,
                Output::Stream(_) if output.is_terminal() => Print::Lines,
                Output::Stream(_) => Print::Pieces,
            },
        }
    }
}

/// One call, while the worker is at it.
struct Listening<'a> {
    number: u64,
    limits: &'a Limits,
    /// Bytes that may still be printed. What is no text, or not for terminals, is longer when it is shown.
    printable: u64,
    /// Why output could not be written.
    unwritten: Option<std::io::ErrorKind>,
    desk: Desk<'a>,
}

impl Listening<'_> {
    /// Serves the worker until it says that the call has ended.
    fn until_done(
        &mut self,
        process: &mut Process,
        exchange: &mut Exchange<'_>,
        output: &mut Output,
    ) -> Result<Ended, Error> {
        let started = Instant::now();
        loop {
            match process.receive(exchange).map_err(Error::Worker)? {
                (Answer::Printed, text) => self.print(&text, output, process, exchange)?,
                (Answer::Function(number, args), _) => {
                    let (reply, took) = self.desk.call(number, args).map_err(Error::Worker)?;
                    // The time is the embedder's own: it does not make the worker one that hangs.
                    exchange.until = exchange.until.checked_add(took).unwrap_or(exchange.until);
                    // A guest that was cancelled meanwhile must not go on.
                    process.pass_cancellation(exchange).map_err(Error::Worker)?;
                    process.send(&Ask::Called(reply), &[], exchange).map_err(Error::Worker)?;
                }
                (Answer::Done(result, used), tail) => {
                    let value = |sent| values::unpack_result(sent, &tail);
                    let result = match result {
                        Ok(sent) => {
                            Ok(value(sent).ok_or_else(|| answer("a result that contradicts itself"))?)
                        }
                        Err(fault) => {
                            Err(fault.into_error().ok_or_else(|| answer("diagnostics that fit no text"))?)
                        }
                    };
                    let counted =
                        Counted { elapsed: started.elapsed(), paid: self.desk.paid(), opens: exchange.opens };
                    let used = plausible(used, self.limits, &counted);
                    return Ok((result, used));
                }
                _ => return Err(answer("something while it runs")),
            }
        }
    }

    fn print(
        &mut self,
        text: &[u8],
        output: &mut Output,
        process: &mut Process,
        exchange: &Exchange<'_>,
    ) -> Result<(), Error> {
        let left = self.printable.checked_sub(text.len() as u64);
        self.printable = left.ok_or_else(|| answer("more output than is allowed"))?;
        if self.unwritten.is_none()
            && let Err(error) = output.print(text)
        {
            self.unwritten = Some(error.kind());
            process.send(&Ask::Cancel(self.number), &[], exchange).map_err(Error::Worker)?;
        }
        Ok(())
    }
}

/// What this process has counted of a call.
struct Counted {
    elapsed: Duration,
    /// CPU units that functions of the embedder have cost.
    paid: u64,
    /// Files that were asked for.
    opens: u64,
}

/// A worker's account, within what is possible.
fn plausible(used: Usage, limits: &Limits, counted: &Counted) -> Usage {
    // The check that finds the budget used up comes after the work that it is for.
    let most = limits.cpu_units.saturating_add(abi::SLICE as u64);
    let Usage { cpu_units, wall, instantiate, memory_peak, io } = used;
    Usage {
        cpu_units: cpu_units.max(counted.paid).min(most),
        wall: wall.min(counted.elapsed),
        instantiate: instantiate.min(counted.elapsed),
        memory_peak: memory_peak.min(limits.memory_bytes),
        io: IoUsage {
            output_bytes: io.output_bytes.min(limits.output_bytes),
            bytes_read: io.bytes_read.min(limits.bytes_read),
            rows_read: io.rows_read.min(limits.rows_read),
            pages_read: io.pages_read.min(limits.pages_read),
            files_opened: io.files_opened.min(counted.opens),
            host_bytes: io.host_bytes.min(limits.host_bytes),
            host_bytes_peak: io.host_bytes_peak.min(limits.host_bytes),
        },
    }
}

/// Whether a value is of a type that crosses.
fn fits(value: &Value, ty: &Type) -> bool {
    match (value, ty) {
        (Value::None, Type::None | Type::Never) => true,
        (Value::Tuple(values), Type::Tuple(types)) => {
            values.len() == types.len() && values.iter().zip(types.iter()).all(|(value, ty)| fits(value, ty))
        }
        (value, ty) => value.ty() == *ty,
    }
}
