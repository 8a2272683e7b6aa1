//! Signing in over HTTP, and what surrounds every request.

use crate::common::{PASSWORD, Served, client, cookie_of};
use reqwest::Method;

#[tokio::test]
async fn a_session_is_new_at_sign_in_and_gone_after_sign_out() {
    let served = Served::start().await;
    let answer = served.sign_in("ada", PASSWORD).await;
    let set = answer.headers()["set-cookie"].to_str().unwrap().to_owned();
    for flag in ["HttpOnly", "SameSite=Strict", "Path=/"] {
        assert!(set.contains(flag), "{set}");
    }
    let first = cookie_of(&answer).unwrap();
    let fixed = served
        .form(
            client().post(format!("{}/sign-in", served.base)),
            "username=ada&password=correct+horse+battery",
        )
        .header("cookie", &first)
        .send()
        .await
        .unwrap();
    let second = cookie_of(&fixed).unwrap();
    assert_ne!(first, second, "ASVS 7.2.4: signing in gives a new id");
    let home = async |cookie: &str| {
        client()
            .get(format!("{}/i/harbour", served.base))
            .header("cookie", cookie)
            .send()
            .await
            .unwrap()
            .status()
    };
    assert_eq!(home(&first).await, 303, "the id before is worth nothing any more");
    assert_eq!(home(&second).await, 200);
    let database = std::fs::read(served.folder.path().join("console.db-wal")).unwrap();
    let id = second.trim_start_matches("towpath=");
    assert!(!database.windows(id.len()).any(|part| part == id.as_bytes()), "ids are hashed at rest");
    let out = served.form(client().post(format!("{}/sign-out", served.base)), "").header("cookie", &second);
    assert_eq!(out.send().await.unwrap().status(), 303);
    assert_eq!(home(&second).await, 303, "signed out");
    served.running.stop().await;
}

#[tokio::test]
async fn one_verification_in_every_outcome() {
    let served = Served::start().await;
    for (username, password, place) in
        [("ada", PASSWORD, "/"), ("ada", "wrong horse battery", "/sign-in"), ("nobody", PASSWORD, "/sign-in")]
    {
        let before = served.running.console.password_verifications();
        let answer = served.sign_in(username, password).await;
        assert_eq!(answer.headers()["location"], place);
        assert_eq!(served.running.console.password_verifications(), before + 1, "ASVS 6.3.8 for {username}");
    }
    served.running.stop().await;
}

#[tokio::test]
async fn changes_from_other_origins_are_refused() {
    let served = Served::start().await;
    let post = |headers: &[(&str, &str)]| {
        let mut request = client()
            .post(format!("{}/sign-in", served.base))
            .header("content-type", "application/x-www-form-urlencoded")
            .body("username=ada&password=correct+horse+battery");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        async move { request.send().await.unwrap() }
    };
    let own = served.base.clone();
    for bad in [
        vec![("sec-fetch-site", "cross-site"), ("origin", own.as_str())],
        vec![("sec-fetch-site", "same-site"), ("origin", own.as_str())],
        vec![("origin", "https://elsewhere.example")],
        vec![("origin", "null")],
    ] {
        let answer = post(&bad).await;
        assert_eq!(answer.status(), 403, "{bad:?}");
        assert!(cookie_of(&answer).is_none());
    }
    for good in [vec![("sec-fetch-site", "same-origin")], vec![("origin", own.as_str())]] {
        assert_eq!(post(&good).await.status(), 303, "{good:?}");
    }
    served.running.stop().await;
}

#[tokio::test]
async fn every_answer_has_the_headers() {
    let served = Served::start().await;
    for path in ["/sign-in", "/nowhere", "/api/nowhere", "/health", "/i/harbour", "/agent/v1/sync"] {
        let answer = client().get(format!("{}{path}", served.base)).send().await.unwrap();
        let header = |name: &str| {
            answer.headers().get(name).and_then(|v| v.to_str().ok()).unwrap_or_default().to_owned()
        };
        assert_eq!(header("x-content-type-options"), "nosniff", "{path}");
        assert_eq!(header("referrer-policy"), "same-origin", "{path}");
        let policy = header("content-security-policy");
        assert!(
            policy.contains("default-src 'none'") && policy.contains("frame-ancestors 'none'"),
            "{path}: {policy}"
        );
        assert!(!policy.contains("unsafe-inline"), "{path}: {policy}");
    }
    let nonce = async || {
        let answer = client().get(format!("{}/sign-in", served.base)).send().await.unwrap();
        let policy = answer.headers()["content-security-policy"].to_str().unwrap().to_owned();
        let nonce = policy.split("'nonce-").nth(1).unwrap().split('\'').next().unwrap().to_owned();
        assert!(answer.text().await.unwrap().contains(&nonce), "the page's scripts name it");
        nonce
    };
    assert_ne!(nonce().await, nonce().await, "a nonce counts once");
    served.running.stop().await;
}

#[tokio::test]
async fn a_platform_server_is_known_by_its_signature_alone() {
    let served = Served::start().await;
    let path = "/agent/v1/sync";
    let body =
        br#"{"protocol":1,"boot_id":"b","reports":[],"servers":[],"wait_seconds":0,"seen_revision":0}"#;
    let (now, nonce) = (served.now(), served.nonce());
    let sent = async |request: reqwest::RequestBuilder| request.send().await.unwrap().status().as_u16();
    assert_eq!(sent(served.signed(Method::POST, path, body, now, &nonce)).await, 200);
    assert_eq!(sent(served.signed(Method::POST, path, body, now, &nonce)).await, 401, "a replay");
    let old = now - domain::protocol::MAX_SKEW_MICROS - domain::time::MINUTE;
    assert_eq!(sent(served.signed(Method::POST, path, body, old, &served.nonce())).await, 401, "too old");
    let other = served.signed(Method::POST, path, body, now, &served.nonce()).body("{}");
    assert_eq!(sent(other).await, 401, "another body than was signed");
    let unsigned = client().post(format!("{}{path}", served.base)).body(body.to_vec());
    assert!(matches!(sent(unsigned).await, 400 | 401));
    served.running.stop().await;
}

#[tokio::test]
async fn who_is_signed_out_is_told_why_and_a_known_device_is_not_paused() {
    let served = Served::start().await;
    let answer = served.sign_in("ada", PASSWORD).await;
    let device = answer
        .headers()
        .get_all("set-cookie")
        .iter()
        .filter_map(|value| value.to_str().ok())
        .find(|value| value.starts_with("towpath-device="))
        .expect("the device is known from now on")
        .to_owned();
    for flag in ["HttpOnly", "SameSite=Strict", "Path=/", "Max-Age=7776000"] {
        assert!(device.contains(flag), "{device}");
    }
    let (first, second) = (cookie_of(&answer).unwrap(), served.cookie("ada").await);
    // The second session ends the first one.
    let all = served.form(client().post(format!("{}/do/profile/end-others", served.base)), "");
    assert_eq!(all.header("cookie", &second).send().await.unwrap().status(), 303);
    let page = client().get(format!("{}/i/harbour", served.base)).header("cookie", &first);
    let answer = page.header("accept", "text/html").send().await.unwrap();
    assert_eq!(answer.status(), 303);
    let told = crate::common::flash(&answer).expect("a reason").sentence;
    assert!(told.starts_with("You were signed out because you ended this session"), "{told}");

    for _ in 0..6 {
        served.sign_in("ada", "wrong horse battery").await;
    }
    let paused = served.sign_in("ada", PASSWORD).await;
    let told = crate::common::flash(&paused).expect("a reason").sentence;
    assert!(told.contains("too many failed sign-ins"), "{told}");
    let known = served
        .form(
            client().post(format!("{}/sign-in", served.base)),
            "username=ada&password=correct+horse+battery",
        )
        .header("cookie", device.split(';').next().unwrap());
    assert_eq!(known.send().await.unwrap().headers()["location"], "/");
    served.running.stop().await;
}
