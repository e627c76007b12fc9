//! One worker, from outside: started, asked, listened to with a deadline, and killed.

use std::collections::HashSet;
use std::io;
use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use passfd::FdPassingExt;

use super::frame::{self, FrameError, Most};
use super::wire::{Answer, Ask, Refused, Setup, VERSION};
use crate::cancel::Cancel;
use crate::grants::Grants;
use crate::worker::{WorkerFailure, WorkerOptions};

/// How often a call that can be cancelled looks whether it was.
const LOOK: Duration = Duration::from_millis(2);

/// Least time that a worker is given to start: a loaded machine is no failure.
const START: Duration = Duration::from_secs(20);

/// Most files that a worker may ask for in one exchange.
const OPENS: u32 = 10_000;

/// Most bytes of a message that is not a result or code.
const SMALL: Most = Most { head: 64 << 10, tail: 0 };

/// What an exchange is bounded by, and what it is for.
pub(super) struct Exchange<'a> {
    /// When the worker is killed.
    pub(super) until: Instant,
    /// How long that is, for the message.
    pub(super) allowed: Duration,
    /// Time to end after having been cancelled.
    pub(super) grace: Duration,
    /// What may be opened on its behalf.
    pub(super) grants: &'a Grants,
    /// How often it has asked for a file.
    pub(super) opens: u64,
    /// Largest answer.
    pub(super) most: Most,
    /// The call's number, and what cancels it.
    pub(super) cancel: Option<(u64, &'a Cancel)>,
}

/// A worker. Dropping it kills it.
pub(super) struct Process {
    /// `None` in tests, where a thread plays the worker.
    child: Option<Child>,
    socket: UnixStream,
    /// Open files go through here.
    files: UnixStream,
    /// The worker's end of it: so long as somebody has it, sending cannot raise a signal in this process.
    _other_end: UnixStream,
    /// Code that it has loaded.
    pub(super) loaded: HashSet<u64>,
    /// Calls that it has answered.
    pub(super) calls: u32,
    started: Instant,
}

impl Process {
    /// Starts a worker, and waits until it has given up its rights.
    pub(super) fn start(
        options: &WorkerOptions,
        setup: &Setup,
        build: &[u8; 32],
        arguments: &[&str],
    ) -> Result<Process, WorkerFailure> {
        let failed = |what: &str, error: io::Error| WorkerFailure::Start(format!("{what}: {error}"));
        let program = match &options.program {
            Some(program) => program.clone(),
            None => std::env::current_exe().map_err(|error| failed("its program is not known", error))?,
        };
        let (socket, theirs) = UnixStream::pair().map_err(|error| failed("no socket", error))?;
        let (files, files_theirs) = UnixStream::pair().map_err(|error| failed("no socket", error))?;
        let other_end = files_theirs.try_clone().map_err(|error| failed("no socket", error))?;
        let mut command = Command::new(&program);
        command.arg0("ovenbird-worker").args(arguments).env_clear().current_dir("/");
        command.stdin(Stdio::from(OwnedFd::from(theirs))).stdout(Stdio::from(OwnedFd::from(files_theirs)));
        // What it says to people is for nobody: it could only be about itself.
        command.stderr(Stdio::null());
        let child = command.spawn().map_err(|error| failed(&program.display().to_string(), error))?;
        drop(command);
        let mut process = Process::over(Some(child), socket, files, other_end);
        process.greet(options, setup, build).map_err(|failure| match failure {
            WorkerFailure::Start(why) => WorkerFailure::Start(why),
            other => WorkerFailure::Start(format!(
                "{other}; does `{}` call `serve_if_worker` first of all?",
                program.display()
            )),
        })?;
        Ok(process)
    }

    /// A worker at the other end of these sockets.
    pub(super) fn over(
        child: Option<Child>,
        socket: UnixStream,
        files: UnixStream,
        other_end: UnixStream,
    ) -> Process {
        let (loaded, started) = (HashSet::new(), Instant::now());
        Process { child, socket, files, _other_end: other_end, loaded, calls: 0, started }
    }

    /// Sets it up and hears what it is.
    pub(super) fn greet(
        &mut self,
        options: &WorkerOptions,
        setup: &Setup,
        build: &[u8; 32],
    ) -> Result<(), WorkerFailure> {
        let grants = Grants::none();
        let allowed = options.grace.max(START);
        let mut exchange = Exchange {
            until: Instant::now() + allowed,
            allowed,
            grace: options.grace,
            grants: &grants,
            opens: 0,
            most: SMALL,
            cancel: None,
        };
        self.send(&Ask::Setup(setup.clone()), &[], &exchange)?;
        match self.receive(&mut exchange)? {
            (Answer::Ready { version: VERSION, build: theirs }, _) if theirs == *build => Ok(()),
            (Answer::Ready { .. }, _) => {
                Err(WorkerFailure::Start("it is of another build, or for another CPU".to_owned()))
            }
            (Answer::CannotServe(why), _) => Err(WorkerFailure::Start(why)),
            _ => Err(WorkerFailure::Answer("something before it was ready".to_owned())),
        }
    }

    /// Its number in the system.
    #[cfg(test)]
    pub(super) fn id(&self) -> Option<u32> {
        self.child.as_ref().map(Child::id)
    }

    /// How long ago it was started.
    pub(super) fn age(&self) -> Duration {
        self.started.elapsed()
    }

    /// Whether it is still there.
    pub(super) fn is_alive(&mut self) -> bool {
        self.child.as_mut().is_none_or(|child| matches!(child.try_wait(), Ok(None)))
    }

    /// Sends a message.
    pub(super) fn send(
        &mut self,
        ask: &Ask,
        tail: &[u8],
        exchange: &Exchange<'_>,
    ) -> Result<(), WorkerFailure> {
        let left = self.left(exchange)?;
        let _ = self.socket.set_write_timeout(Some(left));
        match frame::write(&mut self.socket, &frame::encode(ask), tail) {
            Ok(()) => Ok(()),
            Err(error) if error.kind() == io::ErrorKind::InvalidInput => {
                Err(WorkerFailure::Unsupported("take arguments or code of 4 GiB"))
            }
            Err(error) => Err(self.failure(FrameError::from(error), exchange)),
        }
    }

    fn left(&self, exchange: &Exchange<'_>) -> Result<Duration, WorkerFailure> {
        let left = exchange.until.saturating_duration_since(Instant::now());
        if left.is_zero() { Err(WorkerFailure::Hung(exchange.allowed)) } else { Ok(left) }
    }

    /// The next message that is for the caller; files are opened on the way.
    pub(super) fn receive(
        &mut self,
        exchange: &mut Exchange<'_>,
    ) -> Result<(Answer, Vec<u8>), WorkerFailure> {
        for _ in 0..OPENS {
            let most = exchange.most;
            let mut patient = Patient { socket: &self.socket, exchange, late: false };
            let got = frame::read(&mut patient, most);
            let late = patient.late;
            let message = match got {
                Ok(message) => message,
                Err(FrameError::Io(_)) if late => return Err(WorkerFailure::Hung(exchange.allowed)),
                Err(error) => return Err(self.failure(error, exchange)),
            };
            let wrong = |what: String| WorkerFailure::Answer(format!("what it sent cannot be read: {what}"));
            match frame::decode(&message.head).map_err(wrong)? {
                Answer::Open(path) => {
                    exchange.opens += 1;
                    self.open(&path, exchange)?;
                }
                answer => return Ok((answer, message.tail)),
            }
        }
        Err(WorkerFailure::Answer("it asks for ever more files".to_owned()))
    }

    /// Tells the worker that the call was cancelled, if it was and is not told yet; then its grace begins.
    pub(super) fn pass_cancellation(&mut self, exchange: &mut Exchange<'_>) -> Result<(), WorkerFailure> {
        let told = exchange.pass_cancellation(&self.socket);
        told.map_err(|error| self.failure(FrameError::from(error), exchange))
    }

    fn open(&mut self, path: &str, exchange: &Exchange<'_>) -> Result<(), WorkerFailure> {
        let opened = exchange.grants.open(path);
        if let Ok(file) = &opened {
            let _ = self.files.set_write_timeout(Some(self.left(exchange)?));
            let sent = self.files.send_fd(file.as_raw_fd());
            sent.map_err(|error| WorkerFailure::Answer(format!("it takes no file: {}", error.kind())))?;
        }
        let answer = opened.map(drop).map_err(|error| Refused::of(&error));
        self.send(&Ask::Opened(answer), &[], exchange)
    }

    /// Why it does not answer.
    fn failure(&mut self, error: FrameError, exchange: &Exchange<'_>) -> WorkerFailure {
        match error {
            FrameError::TooLong(length) => WorkerFailure::Answer(format!("{length} bytes are too many")),
            FrameError::Io(error)
                if matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut) =>
            {
                WorkerFailure::Hung(exchange.allowed)
            }
            FrameError::Io(error) => WorkerFailure::Died(error.kind().to_string()),
            FrameError::Closed => WorkerFailure::Died(self.end()),
        }
    }

    /// Ends it, and says how it had ended.
    fn end(&mut self) -> String {
        let Some(child) = &mut self.child else { return "it closed its socket".to_owned() };
        // Its socket closes a moment before it can be waited for.
        let patience = Instant::now() + Duration::from_millis(200);
        let mut ended = child.try_wait();
        while matches!(ended, Ok(None)) && Instant::now() < patience {
            std::thread::sleep(Duration::from_millis(1));
            ended = child.try_wait();
        }
        match ended {
            Ok(Some(status)) => how(status),
            _ => "it closed its socket".to_owned(),
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        if let Some(child) = &mut self.child {
            // It may be gone already. Waiting leaves no zombie, and a killed process does not take long.
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

fn how(status: ExitStatus) -> String {
    match (status.signal(), status.code()) {
        (Some(libc::SIGKILL), _) => "killed by signal 9".to_owned(),
        (Some(libc::SIGABRT), _) => "aborted, as when memory runs out".to_owned(),
        (Some(libc::SIGXCPU), _) => "its processor time is used up".to_owned(),
        (Some(signal), _) => format!("ended by signal {signal}"),
        (None, Some(code)) => format!("exit code {code}"),
        (None, None) => "nobody knows how".to_owned(),
    }
}

impl Exchange<'_> {
    fn pass_cancellation(&mut self, mut socket: &UnixStream) -> io::Result<()> {
        let Some((number, cancel)) = self.cancel else { return Ok(()) };
        if !cancel.is_cancelled() {
            return Ok(());
        }
        self.cancel = None;
        let until = Instant::now() + self.grace;
        if until < self.until {
            (self.until, self.allowed) = (until, self.grace);
        }
        frame::write(&mut socket, &frame::encode(&Ask::Cancel(number)), &[])
    }
}

/// Reads with the exchange's deadline over all pieces, and passes a cancellation on.
struct Patient<'a, 'b> {
    socket: &'a UnixStream,
    exchange: &'a mut Exchange<'b>,
    late: bool,
}

impl io::Read for Patient<'_, '_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            // Also when there is always something to read: a guest may print, or call functions, without end.
            self.exchange.pass_cancellation(self.socket)?;
            let left = self.exchange.until.saturating_duration_since(Instant::now());
            if left.is_zero() {
                self.late = true;
                return Err(io::ErrorKind::TimedOut.into());
            }
            let wait = if self.exchange.cancel.is_some() { left.min(LOOK) } else { left };
            self.socket.set_read_timeout(Some(wait))?;
            match self.socket.read(buffer) {
                Err(error) if matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut) => {
                }
                other => return other,
            }
        }
    }
}
