//! Calls of the embedder's functions: arguments are checked and charged, a text that comes back is put into a
//! block of the guest.

use super::run::{Eval, Frame, Run, internal};
use super::{Answer, Trap, Value};
use crate::abi::{self, external::Plain};

impl<'a> Run<'_, 'a, '_> {
    pub(super) fn external(&mut self, frame: &Frame<'a>, index: u32, args: &[Value]) -> Eval<Vec<Value>> {
        let Some(external) = frame.module.externals.get(index as usize) else {
            return internal(format!("there is no function {index} of the embedder"));
        };
        let (params, _) = external.signature.scalars();
        let types: Vec<_> = args.iter().map(|value| value.ty()).collect();
        if types != params {
            return internal(format!("{}({args:?})", external.path()));
        }
        let bytes = self.text_bytes(&external.signature.params, args)?;
        self.charge(external.signature.cost.of_call(bytes));
        let answer = self.host.external(external, args, &self.machine.memory);
        match (answer.map_err(|message| Box::new(Trap::Host(message)))?, external.signature.result) {
            (Answer::Nothing, Plain::None) => Ok(Vec::new()),
            (Answer::Scalar(value), Plain::Bool | Plain::Int | Plain::Float)
                if Some(value.ty()) == external.signature.result.scalar() =>
            {
                Ok(vec![value])
            }
            (Answer::Text(text), Plain::Str) => {
                self.charge(external.signature.cost.of_bytes(text.len() as u64));
                self.place(frame, &text)
            }
            (answer, _) => internal(format!("{} answered {answer:?}", external.path())),
        }
    }

    fn charge(&mut self, units: u64) {
        self.machine.charged = self.machine.charged.saturating_add(units);
    }

    /// Bytes of text among the arguments.
    fn text_bytes(&self, params: &[Plain], args: &[Value]) -> Eval<u64> {
        let mut bytes = 0u64;
        for (param, arg) in params.iter().zip(args) {
            if let (Plain::Str, Value::I32(address)) = (param, arg) {
                let text = abi::read_text(&self.machine.memory, *address as u32);
                let text = text.ok_or_else(|| Box::new(Trap::OutOfBounds))?;
                bytes = bytes.saturating_add(text.len() as u64);
            }
        }
        Ok(bytes)
    }

    /// A text in a fresh block of the guest.
    fn place(&mut self, frame: &Frame<'a>, text: &str) -> Eval<Vec<Value>> {
        let exports = &frame.module.exports;
        let Some(&(_, alloc)) = exports.iter().find(|(name, _)| name == abi::ALLOC) else {
            return internal("a text for a module without a heap");
        };
        let block = self.call(frame.at, alloc, vec![Value::I64(abi::text_payload(text))])?;
        let [Value::I32(address)] = block[..] else { return internal("alloc gave no address") };
        match abi::write_text(&mut self.machine.memory, address as u32, text) {
            Some(()) => Ok(block),
            None => Err(Box::new(Trap::OutOfBounds)),
        }
    }
}
