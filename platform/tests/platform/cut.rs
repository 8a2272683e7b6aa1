//! A network that breaks at every stage of a download, between a real Platform Server and the console.

use crate::common::console::{Console, prepare};
use crate::common::packages::berths;
use crate::common::server::Server;
use domain::protocol::TaskOutcome;
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

/// What the proxy still has to cut.
#[derive(Clone, Copy, Default)]
struct Cuts {
    /// So many bytes of an answer are let through.
    after: usize,
    /// So many answers are cut.
    times: usize,
    /// So many were.
    done: usize,
}

/// Stands before the console and cuts the answers to requests for packages.
struct Proxy {
    address: String,
    cuts: Arc<Mutex<Cuts>>,
}

const PACKAGE: &[u8] = b"GET /agent/v1/packages/";

impl Proxy {
    async fn start(console: &Console) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let (target, cuts) = (console.address.trim_start_matches("http://").to_owned(), Arc::default());
        let shared = Arc::clone(&cuts);
        tokio::spawn(async move {
            while let Ok((near, _)) = listener.accept().await {
                let (target, cuts) = (target.clone(), Arc::clone(&shared));
                tokio::spawn(async move {
                    let Ok(far) = TcpStream::connect(target).await else { return };
                    let _ = lead(near, far, &cuts).await;
                });
            }
        });
        Self { address, cuts }
    }

    fn cut(&self, after: usize, times: usize) {
        *self.cuts.lock().unwrap() = Cuts { after, times, done: 0 };
    }

    fn done(&self) -> usize {
        self.cuts.lock().unwrap().done
    }
}

/// Carries bytes both ways until one side ends, or the answer to a package is cut.
async fn lead(mut near: TcpStream, mut far: TcpStream, cuts: &Mutex<Cuts>) -> std::io::Result<()> {
    let (mut up, mut down) = (vec![0; 16 << 10], vec![0; 16 << 10]);
    let mut left = None;
    loop {
        tokio::select! {
            read = near.read(&mut up) => {
                let count = read?;
                if count == 0 {
                    return Ok(());
                }
                if up[..count].starts_with(PACKAGE) {
                    let mut cuts = cuts.lock().unwrap();
                    left = (cuts.done < cuts.times).then_some(cuts.after);
                    cuts.done += usize::from(left.is_some());
                }
                far.write_all(&up[..count]).await?;
                if left == Some(0) {
                    return Ok(());
                }
            }
            read = far.read(&mut down) => {
                let count = read?;
                if count == 0 {
                    return Ok(());
                }
                let through = left.map_or(count, |left| count.min(left));
                near.write_all(&down[..through]).await?;
                if let Some(left) = &mut left {
                    *left -= through;
                    if *left == 0 {
                        return Ok(());
                    }
                }
            }
        }
    }
}

/// Bytes of the answer to a package's request after which it is cut: nothing, within the first line, within and right after the head, and
/// within the body up to its last byte.
fn stages(size: usize) -> Vec<usize> {
    let head = (1..320).step_by(29);
    let body = [1_000, 20_000, size / 2, size - 1, size, size + 60];
    std::iter::once(0).chain(head).chain(body).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_download_that_is_cut_at_any_stage_comes_all_the_same() {
    let console = Console::start(1).await;
    let proxy = Proxy::start(&console).await;
    let mut server = Server::enrolled(&console, 1).await;
    server.run_with(&["--console", &proxy.address]).await;
    let size = usize::try_from(berths("1.0.0").size()).unwrap();
    for (number, after) in stages(size).into_iter().enumerate() {
        let package = berths(&format!("1.{number}.0"));
        console.put(&package);
        proxy.cut(after, 2);
        let before = console.ranges().len();
        let key = format!("{number}/1");
        assert_eq!(
            console.run(&key, 1, prepare("berths", &package)).await,
            TaskOutcome::Done,
            "cut after {after}"
        );
        assert!(proxy.done() > 0, "nothing was cut after {after}");
        let asked = &console.ranges()[before..];
        assert!(asked.is_sorted(), "a byte came twice: {asked:?}");
        let folder = server.path(&format!("apps/berths/releases/1.{number}.0-{}", package.sha256.short()));
        assert!(folder.is_dir(), "cut after {after}");
    }
    console.is_content();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_console_that_breaks_off_every_time_is_given_up_with_a_sentence() {
    let console = Console::start(1).await;
    let proxy = Proxy::start(&console).await;
    let mut server = Server::enrolled(&console, 1).await;
    server.run_with(&["--console", &proxy.address]).await;
    let package = berths("1.0.0");
    console.put(&package);
    proxy.cut(40, usize::MAX);
    let TaskOutcome::Failed { reason } = console.run("d/1", 1, prepare("berths", &package)).await else {
        panic!("it cannot have come");
    };
    assert!(reason.starts_with(&format!("The console does not answer at {}: ", proxy.address)), "{reason}");
    assert_eq!(std::fs::read_dir(server.path("apps")).unwrap().count(), 0);
    proxy.cut(0, 0);
    assert_eq!(console.run("d/2", 1, prepare("berths", &package)).await, TaskOutcome::Done);
    console.is_content();
}
