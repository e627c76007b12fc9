//! A small HTTP server on the loopback interface that stores what is put there, and can be told to fail.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// What the server does with a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Behaviour {
    /// As it should.
    Normal,
    /// The same, after this long.
    Slow(Duration),
    /// Answers with this status.
    Status(u16),
    /// Answers every read as if nothing were there, with these words.
    Absent(&'static str),
    /// Answers every read with bytes that mean nothing.
    Garbage,
    /// Sends something that is no HTTP.
    Noise,
}

/// The server. Its thread ends with the process.
pub struct Server {
    address: SocketAddr,
    shared: Arc<Shared>,
}

struct Shared {
    objects: Mutex<BTreeMap<String, Vec<u8>>>,
    requests: Mutex<Vec<String>>,
    behaviour: Mutex<Behaviour>,
}

impl Server {
    /// Starts a server on a free port.
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address");
        let shared = Arc::new(Shared {
            objects: Mutex::default(),
            requests: Mutex::default(),
            behaviour: Mutex::new(Behaviour::Normal),
        });
        let serving = Arc::clone(&shared);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let shared = Arc::clone(&serving);
                // A client that goes away is no failure of the server.
                std::thread::spawn(move || drop(shared.serve(stream)));
            }
        });
        Server { address, shared }
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// What it stores, by path.
    pub fn objects(&self) -> MutexGuard<'_, BTreeMap<String, Vec<u8>>> {
        lock(&self.shared.objects)
    }

    /// Method and path of the requests since the last call.
    pub fn requests(&self) -> Vec<String> {
        std::mem::take(&mut *lock(&self.shared.requests))
    }

    /// What it does from now on.
    pub fn behave(&self, behaviour: Behaviour) {
        *lock(&self.shared.behaviour) = behaviour;
    }
}

impl Shared {
    /// Answers one request and closes the connection.
    fn serve(&self, mut stream: TcpStream) -> std::io::Result<()> {
        let mut reader = BufReader::new(stream.try_clone()?);
        let mut line = String::new();
        reader.read_line(&mut line)?;
        let mut words = line.split_whitespace().map(str::to_owned);
        let (method, path) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
        let (mut length, mut create) = (0, false);
        loop {
            let mut header = String::new();
            if reader.read_line(&mut header)? == 0 || header.trim().is_empty() {
                break;
            }
            let header = header.to_ascii_lowercase();
            if let Some(value) = header.strip_prefix("content-length:") {
                length = value.trim().parse().unwrap_or(0);
            }
            create |= header.starts_with("if-none-match:");
        }
        let mut body = vec![0; length];
        reader.read_exact(&mut body)?;
        lock(&self.requests).push(format!("{method} {path}"));
        let behaviour = *lock(&self.behaviour);
        match behaviour {
            Behaviour::Slow(wait) => std::thread::sleep(wait),
            Behaviour::Status(status) => return answer(&mut stream, status, b"no"),
            Behaviour::Absent(words) if method == "GET" => return answer(&mut stream, 404, words.as_bytes()),
            Behaviour::Garbage if method == "GET" => return answer(&mut stream, 200, &[0x5a; 300]),
            Behaviour::Noise => return stream.write_all(b"\0\x01\x02 this is no HTTP\r\n\r\n"),
            Behaviour::Normal | Behaviour::Garbage | Behaviour::Absent(_) => {}
        }
        let mut objects = lock(&self.objects);
        let (status, content) = match method.as_str() {
            "PUT" if create && objects.contains_key(&path) => (412, Vec::new()),
            "PUT" => {
                objects.insert(path, body);
                (201, Vec::new())
            }
            "GET" => objects.get(&path).map_or((404, Vec::new()), |content| (200, content.clone())),
            _ => (405, Vec::new()),
        };
        drop(objects);
        answer(&mut stream, status, &content)
    }
}

fn answer(stream: &mut TcpStream, status: u16, content: &[u8]) -> std::io::Result<()> {
    let date = "Tue, 24 Nov 2026 12:00:00 GMT";
    write!(
        stream,
        "HTTP/1.1 {status} status\r\nContent-Length: {}\r\nLast-Modified: {date}\r\nETag: \"1\"\r\nConnection: close\r\n\r\n",
        content.len()
    )?;
    stream.write_all(content)?;
    stream.flush()
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
