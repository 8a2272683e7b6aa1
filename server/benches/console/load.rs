//! A load generator for one address: so many kept-alive connections, each asking again as soon as it is answered.
//! It is the same for every server that is compared, and does nothing but read, so that it stays out of the result.

use std::io;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;

/// What one run measured.
pub struct Measured {
    /// Answers in a second.
    pub per_second: f64,
    /// Half of the answers took no longer than this.
    pub median: Duration,
    /// 99 of 100 answers took no longer than this.
    pub p99: Duration,
}

/// One answer.
pub struct Answer {
    /// The status code.
    pub status: u16,
    /// The header lines.
    pub head: String,
    /// The body, with the chunks put together.
    pub body: Vec<u8>,
}

/// A kept-alive HTTP/1.1 connection.
pub struct Connection(BufReader<TcpStream>);

impl Connection {
    /// Connects to a server on this machine.
    ///
    /// # Errors
    /// What the operating system says.
    pub async fn open(address: SocketAddr) -> io::Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Self(BufReader::with_capacity(64 * 1024, stream)))
    }

    /// Sends the bytes of a request and reads the whole answer.
    ///
    /// # Errors
    /// What the operating system says, or that the answer is no HTTP/1.1.
    pub async fn ask(&mut self, request: &[u8]) -> io::Result<Answer> {
        self.0.get_mut().write_all(request).await?;
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            if self.0.read_line(&mut head).await? == 0 {
                return Err(wrong("the server closed the connection"));
            }
        }
        let status = head.get(9..12).and_then(|code| code.parse().ok()).ok_or_else(|| wrong("no status"))?;
        let mut body = Vec::new();
        if let Some(length) = header(&head, "content-length") {
            body.resize(length.parse().map_err(|_| wrong("no length"))?, 0);
            self.0.read_exact(&mut body).await?;
        } else if header(&head, "transfer-encoding").is_some() {
            self.chunks(&mut body).await?;
        }
        Ok(Answer { status, head, body })
    }

    async fn chunks(&mut self, body: &mut Vec<u8>) -> io::Result<()> {
        loop {
            let mut line = String::new();
            self.0.read_line(&mut line).await?;
            let size = usize::from_str_radix(line.trim(), 16).map_err(|_| wrong("no size of a chunk"))?;
            let start = body.len();
            body.resize(start + size + 2, 0);
            self.0.read_exact(&mut body[start..]).await?;
            body.truncate(start + size);
            if size == 0 {
                return Ok(());
            }
        }
    }
}

/// The value of a header of an answer, if it is there.
pub fn header<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    head.lines()
        .filter_map(|line| line.split_once(':'))
        .find(|(key, _)| key.eq_ignore_ascii_case(name))
        .map(|(_, value)| value.trim())
}

/// Asks `address` from `connections` connections until `span` is over. What is answered in the first fifth is not
/// counted: caches fill, and the processor gets up to speed.
///
/// # Errors
/// The first connection that fails, or the first answer that is not 200.
pub async fn run(
    address: SocketAddr,
    request: &[u8],
    connections: usize,
    span: Duration,
) -> io::Result<Measured> {
    let begin = Instant::now();
    let counted_from = begin + span / 5;
    let end = begin + span;
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..connections {
        let request = request.to_vec();
        tasks.spawn(async move {
            let mut connection = Connection::open(address).await?;
            let mut took = Vec::new();
            loop {
                let asked = Instant::now();
                if asked >= end {
                    return Ok::<_, io::Error>(took);
                }
                let answer = connection.ask(&request).await?;
                if answer.status != 200 {
                    return Err(wrong(&format!("answer {}", answer.status)));
                }
                if asked >= counted_from {
                    took.push(asked.elapsed());
                }
            }
        });
    }
    let mut took = Vec::new();
    while let Some(part) = tasks.join_next().await {
        took.extend(part.map_err(io::Error::other)??);
    }
    took.sort_unstable();
    let at = |share: f64| took.get((took.len() as f64 * share) as usize).copied().unwrap_or_default();
    Ok(Measured {
        per_second: took.len() as f64 / (end - counted_from).as_secs_f64(),
        median: at(0.5),
        p99: at(0.99),
    })
}

fn wrong(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what.to_owned())
}
