//! The listener of `storage::point` and its twin in the Platform Server: it counts the points of each process, and lets nobody past one
//! at which it is to be killed.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::str::FromStr;
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;

/// The processes that are killed.
pub const ROLES: [&str; 4] = ["console", "controller", "front-end-2", "front-end-3"];

/// The `nth` time within one promotion that a process comes to a point of that name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Point {
    /// Which of [`ROLES`].
    pub role: usize,
    /// What the process called it.
    pub name: String,
    /// Counted from 1.
    pub nth: u32,
}

impl fmt::Display for Point {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}/{}", ROLES[self.role], self.name, self.nth)
    }
}

impl FromStr for Point {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("“{text}” is no point: write it as console/sync: answers/3");
        let mut parts = text.trim().splitn(3, '/');
        let mut part = || parts.next().ok_or_else(wrong);
        let (role, name, nth) = (part()?, part()?.to_owned(), part()?);
        let role = ROLES.iter().position(|known| *known == role).ok_or_else(wrong)?;
        Ok(Self { role, name, nth: nth.parse().map_err(|_| wrong())? })
    }
}

#[derive(Default)]
struct Counts {
    /// Whether a promotion is under way; outside one nothing is counted and nobody is killed.
    counting: bool,
    met: BTreeMap<(usize, String), u32>,
    armed: BTreeSet<Point>,
    reached: Vec<Point>,
}

/// Counts for all processes of one farm.
#[derive(Clone)]
pub struct Counter {
    counts: Arc<Mutex<Counts>>,
    /// Who stands at a point at which it is to be killed.
    victims: mpsc::UnboundedSender<usize>,
}

impl Counter {
    pub fn new(victims: mpsc::UnboundedSender<usize>) -> Self {
        Self { counts: Arc::default(), victims }
    }

    /// Opens a listener for the processes of a role, one after the other, and gives its address.
    pub async fn listen(&self, role: usize) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let counter = self.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let counter = counter.clone();
                tokio::spawn(async move { counter.hear(role, stream).await });
            }
        });
        address
    }

    /// Until the process ends, or is to be killed: then it waits for an answer that never comes.
    async fn hear(&self, role: usize, stream: TcpStream) -> Option<()> {
        stream.set_nodelay(true).ok()?;
        let mut stream = BufReader::new(stream);
        loop {
            let mut line = String::new();
            if stream.read_line(&mut line).await.ok()? == 0 {
                return None;
            }
            if self.meets(role, line.trim_end()) {
                self.victims.send(role).ok()?;
                // Until it is dead.
                let _ = stream.read_line(&mut line).await;
                return None;
            }
            stream.get_mut().write_all(b".").await.ok()?;
        }
    }

    /// Counts, and says whether it ends here.
    fn meets(&self, role: usize, name: &str) -> bool {
        let mut counts = self.counts.lock().unwrap();
        if !counts.counting {
            return false;
        }
        let nth = counts.met.entry((role, name.to_owned())).or_default();
        *nth += 1;
        let point = Point { role, name: name.to_owned(), nth: *nth };
        let ends = counts.armed.remove(&point);
        if ends {
            counts.reached.push(point);
        }
        ends
    }

    /// Counts anew from here, and kills at these points.
    pub fn arm(&self, points: &[Point]) {
        let armed = points.iter().cloned().collect();
        *self.counts.lock().unwrap() = Counts { counting: true, armed, ..Counts::default() };
    }

    /// Counts and kills no more. Gives the points that were met, and those at which somebody was killed.
    pub fn disarm(&self) -> (Vec<Point>, Vec<Point>) {
        let counts = std::mem::take(&mut *self.counts.lock().unwrap());
        let each = counts.met.into_iter().flat_map(|((role, name), times)| {
            (1..=times).map(move |nth| Point { role, name: name.clone(), nth })
        });
        (each.collect(), counts.reached)
    }
}
