//! A call in a worker: what the parent sends of it → an instance, the way back for output and for functions of the
//! embedder, and what came of it.

use std::io::{self, Write};
use std::sync::Arc;

use super::{Link, Worker};
use crate::bundle::open_datasets;
use crate::cancel::Cancel;
use crate::error::Error;
use crate::external::relay::{self, Way};
use crate::imports::Output;
use crate::run::{Tenant, Usage};
use crate::value::{Arg, Value};
use crate::worker::linux::errors::Fault;
use crate::worker::linux::values;
use crate::worker::linux::wire::{Answer, Call, Print};

/// Most bytes of output in one message.
const PIECE: usize = 256 << 10;

impl Worker {
    pub(super) fn call(
        &mut self,
        call: Call,
        tail: &[u8],
        cancel: &Cancel,
        elements: &mut Vec<u8>,
    ) -> Answer {
        let mut usage = Usage::default();
        let result = self.result_of(call, tail, cancel, &mut usage);
        let result = result.and_then(|value| values::pack(&value, elements));
        Answer::Done(result.map_err(Fault::of), usage)
    }

    fn result_of(
        &mut self,
        call: Call,
        tail: &[u8],
        cancel: &Cancel,
        usage: &mut Usage,
    ) -> Result<Value, Error> {
        let Call { number: _, code, args, given, functions, denied, datasets, limits, clock, print } = call;
        let grants = denied
            .into_iter()
            .fold(self.grants().clock(clock), |grants, module| grants.without_host_module(module));
        let tenant = Tenant::default().limits(limits).grants(grants);
        let printer = Printer(Arc::clone(&self.link));
        let output = match print {
            Print::Nowhere => Output::Discard,
            Print::Pieces => Output::stream(printer, false),
            Print::Lines => Output::stream(printer, true),
        };
        let missing = || Error::Internal("code that was not loaded".to_owned());
        let group = self.groups.get_mut(&code).ok_or_else(missing)?;
        let args = values::unpack_args(args, tail)
            .ok_or_else(|| Error::Signature("a column of texts is not UTF-8".to_owned()))?;
        let args: Vec<Arg<'_>> = args.iter().map(Arg::Value).collect();
        let way: Arc<dyn Way> = Arc::clone(&self.link) as Arc<dyn Way>;
        group.set_given(given);
        group.link_to(&relay::reachable(functions, &way))?;
        group.set_datasets(open_datasets(&datasets, &tenant.grants, &tenant.limits)?);
        let outcome = group.call_until(&self.engine, &tenant, &args, output, Some(cancel));
        *usage = outcome.usage;
        outcome.result
    }
}

/// Sends what is printed.
struct Printer(Arc<Link>);

impl Write for Printer {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let piece = &bytes[..bytes.len().min(PIECE)];
        if !piece.is_empty() {
            self.0.say(&Answer::Printed, piece)?;
        }
        Ok(piece.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
