//! Points at which a process may be killed and must lose nothing (`docs/proofs.md`).
//!
//! Where the environment variable `TOWPATH_POINTS` names an address (`127.0.0.1:4000`), this process tells whoever listens there each point
//! it comes to, a line each, and goes on when it is answered with one byte. The listener numbers the points and kills the process at those
//! that it chooses, by its id. Without the variable, as everywhere but in that test, a point is one load from memory.
//!
//! `platform` has a module of its own with the same protocol: it shares only `domain` with the console, which may not know an environment.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::sync::{Mutex, OnceLock, PoisonError};

static LISTENER: OnceLock<Option<Mutex<TcpStream>>> = OnceLock::new();

fn connect() -> Option<Mutex<TcpStream>> {
    let stream = TcpStream::connect(std::env::var("TOWPATH_POINTS").ok()?).ok()?;
    stream.set_nodelay(true).ok()?;
    Some(Mutex::new(stream))
}

/// The process is here: `what` is under way, and `when` says how far, such as `before the commit`.
pub fn point(what: &str, when: &str) {
    let Some(listener) = LISTENER.get_or_init(connect) else { return };
    let mut stream = listener.lock().unwrap_or_else(PoisonError::into_inner);
    // A listener that is gone stops nobody.
    let _ =
        stream.write_all(format!("{what}: {when}\n").as_bytes()).and_then(|()| stream.read_exact(&mut [0]));
}
