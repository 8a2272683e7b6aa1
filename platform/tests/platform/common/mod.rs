//! Real `towpath-platform` processes against a small console inside the test.

pub mod api;
pub mod clients;
pub mod console;
pub mod document;
pub mod packages;
pub mod postgres;
pub mod server;

use std::time::{Duration, Instant};

/// How long anything may take before a test gives up: generous, because machines are slow at times.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// A client that follows no redirects.
pub fn client() -> reqwest::Client {
    // A second installation is refused, and the first one holds.
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none()).build().unwrap()
}

/// Asks until the answer is there.
pub async fn eventually<T>(what: &str, mut ask: impl AsyncFnMut() -> Option<T>) -> T {
    let began = Instant::now();
    loop {
        if let Some(answer) = ask().await {
            return answer;
        }
        assert!(began.elapsed() < PATIENCE, "{what} did not come");
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
}

/// Status and body of a page.
pub async fn get(address: &str) -> (u16, String) {
    match client().get(address).send().await {
        Ok(answer) => (answer.status().as_u16(), answer.text().await.unwrap_or_default()),
        Err(_) => (0, String::new()),
    }
}
