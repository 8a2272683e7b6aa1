//! A process module with a database: it finds the address in `TOWPATH_DATABASE` and uses SQLite or PostgreSQL, whichever it is.
//! It is ready once it can read its table `berths`, so it never gets ready before its migrations were run.
//!
//! - `/` answers with the number of berths, `/add` adds one

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use tokio_postgres::NoTls;

type Failure = Box<dyn std::error::Error>;

const ADD: &str = "INSERT INTO berths (name) VALUES ('north')";
const COUNT: &str = "SELECT count(*) FROM berths";

fn main() -> Result<(), Failure> {
    let address = std::env::var("TOWPATH_DATABASE")?;
    let listener = TcpListener::bind(std::env::var("TOWPATH_ADDRESS")?)?;
    for stream in listener.incoming() {
        if let Err(error) = serve(stream?, &address) {
            eprintln!("{error}");
        }
    }
    Ok(())
}

fn serve(mut stream: TcpStream, address: &str) -> Result<(), Failure> {
    let mut lines = BufReader::new(stream.try_clone()?).lines();
    let first = lines.next().ok_or("nothing was asked")??;
    while lines.next().is_some_and(|line| line.is_ok_and(|line| !line.is_empty())) {}
    let path = first.split(' ').nth(1).unwrap_or_default();
    let add = if path.ends_with("/add") { ADD } else { "" };
    let (status, text) = match berths(address, add) {
        Ok(count) => ("200 OK", count.to_string()),
        Err(error) => ("503 Service Unavailable", error.to_string()),
    };
    write!(stream, "HTTP/1.1 {status}\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{text}", text.len())?;
    Ok(())
}

/// Carries out what is asked, and counts the berths.
fn berths(address: &str, first: &str) -> Result<i64, Failure> {
    if let Some(path) = address.strip_prefix("sqlite://") {
        let connection = rusqlite::Connection::open(path)?;
        connection.busy_timeout(std::time::Duration::from_secs(5))?;
        connection.execute_batch(first)?;
        return Ok(connection.query_row(COUNT, [], |row| row.get(0))?);
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let (client, connection) = tokio_postgres::connect(address, NoTls).await?;
        tokio::spawn(connection);
        client.batch_execute(first).await?;
        Ok(client.query_one(COUNT, &[]).await?.get(0))
    })
}
