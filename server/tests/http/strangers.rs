//! What strangers send: forged addresses, and messages that are none.

use crate::common::{Served, client};
use operations::{AuditQuery, Caller};
use reqwest::Method;
use server::clock::Sources;

/// The address that the entry of a refused sign-in has.
async fn address_of_refusal(trusted: &str, forwarded: &str) -> String {
    let served = Served::start_with(Sources::default(), &[("trusted-proxies", trusted)]).await;
    let request = client()
        .post(format!("{}/sign-in", served.base))
        .header("x-forwarded-for", forwarded)
        .header("x-real-ip", "203.0.113.66")
        .header("forwarded", "for=203.0.113.67");
    let answer = served.form(request, "username=ada&password=wrong+horse").send().await.unwrap();
    assert_eq!(answer.status(), 303);
    let query = AuditQuery { operation: Some("session.sign_in".into()), ..AuditQuery::default() };
    let page = served.running.console.audit(&Caller::local_operator(), "harbour", &query).await.unwrap();
    let address = page.entries.rows[0].address.clone();
    served.running.stop().await;
    address
}

#[tokio::test]
async fn the_log_has_the_address_that_can_be_believed() {
    let forwarded = "203.0.113.1, 198.51.100.7";
    assert_eq!(address_of_refusal("", forwarded).await, "127.0.0.1", "nobody is trusted");
    assert_eq!(
        address_of_refusal("127.0.0.0/8", forwarded).await,
        "198.51.100.7",
        "the last that the trusted proxy wrote; what stands before it anybody may have sent"
    );
}

#[tokio::test]
async fn a_message_that_is_none_is_refused_in_one_sentence() {
    let served = Served::start().await;
    for (method, path, body, status) in [
        (Method::POST, "/agent/v1/sync", "not json", 422),
        (Method::POST, "/agent/v1/sync", "{\"protocol\":1}", 422),
        (Method::POST, "/agent/v1/enrol", "{\"protocol\":1,\"else\":true}", 422),
        (Method::GET, "/agent/v1/packages/nonsense", "", 404),
        (Method::GET, "/agent/v1/nowhere", "", 404),
    ] {
        let sent = served.signed(method, path, body.as_bytes(), served.now(), &served.nonce());
        let answer = sent.send().await.unwrap();
        assert_eq!(answer.status(), status, "{path} {body}");
        assert_eq!(answer.headers()["content-type"], "application/problem+json", "{path} {body}");
        let problem: serde_json::Value = answer.json().await.unwrap();
        assert!(problem["detail"].as_str().unwrap().ends_with('.'), "{problem}");
    }
    let large = "x".repeat(5 << 20);
    let sent = served.signed(Method::POST, "/agent/v1/sync", large.as_bytes(), served.now(), &served.nonce());
    // The answer may come while the rest is still being sent, and then the connection ends.
    if let Ok(answer) = sent.send().await {
        assert_eq!(answer.status(), 413);
    }
    served.running.stop().await;
}
