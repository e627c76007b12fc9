//! What handles of functions are compiled from again when a global was changed: the program, for a function or for rows.

use std::sync::Arc;

use ovenbird_compiler::infer::Request;

use super::Program;
use crate::error::Error;
use crate::function::Origin;
use crate::runnable::Runnable;

impl Origin for Program {
    fn epoch(&self) -> u64 {
        self.globals.epoch()
    }

    fn entry_again(&self, name: &str, known: &Runnable) -> Result<(u64, Arc<Runnable>), Error> {
        match known {
            Runnable::Here(_) => self.request_now(Request::Entry(name, known.params())),
            Runnable::There(isolated) => self.entry_there(isolated.wanted().cloned().ok_or_else(none_asked)),
        }
    }

    fn entry_anew(&self, name: &str, known: &Runnable) -> Result<(u64, Arc<Runnable>), Error> {
        match known {
            Runnable::Here(_) => self.request_anew(Request::Entry(name, known.params())),
            Runnable::There(_) => self.entry_again(name, known),
        }
    }
}

fn none_asked() -> Error {
    Error::Internal("code of a program that was not asked for".to_owned())
}

/// A program whose functions are called for each row of a frame.
pub(super) struct Rows(pub(super) Program);

impl Rows {
    fn request<'a>(name: &'a str, known: &'a Runnable) -> Result<Request<'a>, Error> {
        match known.params() {
            [frame] => Ok(Request::Rows(name, frame)),
            _ => Err(Error::Signature("a function of rows takes one frame".to_owned())),
        }
    }
}

impl Origin for Rows {
    fn epoch(&self) -> u64 {
        self.0.epoch()
    }

    fn entry_again(&self, name: &str, known: &Runnable) -> Result<(u64, Arc<Runnable>), Error> {
        self.0.request_now(Rows::request(name, known)?)
    }

    fn entry_anew(&self, name: &str, known: &Runnable) -> Result<(u64, Arc<Runnable>), Error> {
        match known {
            Runnable::Here(_) => self.0.request_anew(Rows::request(name, known)?),
            Runnable::There(_) => self.entry_again(name, known),
        }
    }
}
