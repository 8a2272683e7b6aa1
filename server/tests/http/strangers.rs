//! What strangers send: forged addresses, and messages that are none.

use crate::common::{Ahead, Served, client};
use domain::id::EntryId;
use domain::time::MINUTE;
use operations::view::{EntryPage, EntryRow};
use operations::{AuditQuery, Caller};
use reqwest::Method;
use server::clock::{Sources, SystemIds};
use std::sync::Arc;

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

/// The entries of requests that were refused, newest first.
async fn refused_requests(served: &Served) -> Vec<EntryRow> {
    let mut query = AuditQuery { operation: Some("request.refused".into()), ..AuditQuery::default() };
    let mut found = Vec::new();
    loop {
        let local = Caller::local_operator();
        let page = served.running.console.audit(&local, "harbour", &query).await.unwrap();
        found.extend(page.entries.rows);
        match page.entries.next {
            Some(next) => query.after = Some(next),
            None => return found,
        }
    }
}

async fn whole(served: &Served, id: EntryId) -> EntryPage {
    served.running.console.audit_entry(&Caller::local_operator(), "harbour", id).await.unwrap()
}

#[tokio::test]
async fn what_another_site_sends_is_in_the_log_but_cannot_fill_it() {
    let clock = Arc::new(Ahead::default());
    let sources = Sources { clock: clock.clone(), ids: Arc::new(SystemIds) };
    let served = Served::start_with(sources, &[("trusted-proxies", "127.0.0.0/8")]).await;
    let cookie = served.cookie("ada").await;
    let post = async |address: &str, cookie: &str| {
        let request = client()
            .post(format!("{}/do/plans/make", served.base))
            .header("sec-fetch-site", "same-site")
            .header("x-forwarded-for", address)
            .header("cookie", cookie);
        let answer = request.send().await.unwrap();
        assert_eq!(answer.status(), 403);
        answer.json::<serde_json::Value>().await.unwrap()["detail"].as_str().unwrap().to_owned()
    };

    let sentence = post("203.0.113.1", &format!("theme=dark; {cookie}")).await;
    post("203.0.113.1", "towpath=AAAAAAAAAAAAAAAAAAAAAA").await;
    post("203.0.113.1", "towpath=nonsense").await;
    let entries = refused_requests(&served).await;
    let told: Vec<_> = entries
        .iter()
        .rev()
        .map(|row| (row.actor_name.as_str(), row.outcome.as_str(), row.object_kind.as_str()))
        .collect();
    let (ada, nobody) = (("The Administrator", "denied", "request"), ("anonymous", "denied", "request"));
    assert_eq!(told, [ada, nobody, nobody], "a session is told by its cookie, if it is one");
    assert_eq!(entries[2].object_name, "POST /do/plans/make");
    assert_eq!((&entries[2].reason, entries[2].address.as_str()), (&sentence, "203.0.113.1"));
    assert!(!whole(&served, entries[2].id).await.session.is_empty());

    for _ in 0..12 {
        post("203.0.113.1", "").await;
    }
    assert_eq!(refused_requests(&served).await.len(), 10, "ten a minute of one address");
    for n in 0..120 {
        post(&format!("198.51.100.{n}"), "").await;
    }
    assert_eq!(refused_requests(&served).await.len(), 100, "a hundred a minute in all");
    clock.by(MINUTE);
    post("203.0.113.1", "").await;
    let entries = refused_requests(&served).await;
    assert_eq!(entries.len(), 101);
    let left_out = async |at: usize| whole(&served, entries[at].id).await.after;
    assert_eq!(left_out(90).await, serde_json::json!({ "left_out": 5 }), "the first after them tells");
    assert_eq!(left_out(89).await, serde_json::Value::Null);
    assert_eq!(left_out(0).await, serde_json::json!({ "left_out": 30 }));
    served.running.stop().await;
}
