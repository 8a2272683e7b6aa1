//! Files that are no packages, sent as a form sends them: one sentence, nothing changed, and an entry.

use crate::common::{MULTIPART, Served, client, flash, from_page, part};
use app::flash::FlashTone;
use operations::TimeQuery;
use reqwest::Response;

impl Served {
    /// Sends a file as the page of Development does.
    async fn upload(&self, cookie: &str, body: Vec<u8>) -> Response {
        let request = client().post(format!("{}/i/harbour/environments/dev/publish", self.base));
        from_page(request, &self.base, MULTIPART).header("cookie", cookie).body(body).send().await.unwrap()
    }

    async fn deployments(&self) -> usize {
        let local = operations::Caller::local_operator();
        self.running.console.deployments(&local, "harbour", &TimeQuery::default()).await.unwrap().rows.len()
    }
}

#[tokio::test]
async fn a_file_that_is_no_package_changes_nothing() {
    let served = Served::start_with(server::clock::Sources::default(), &[("package-megabytes", "1")]).await;
    let cookie = served.cookie("dev").await;
    let good = std::fs::read(served.package("desk")).unwrap();
    let mut flipped = good.clone();
    let middle = flipped.len() / 2;
    flipped[middle] ^= 0x40;
    let hostile: Vec<(&str, Vec<u8>)> = vec![
        ("no file", part("package", b"")),
        ("another field", part("other", &good)),
        ("no archive", part("package", b"just some text")),
        ("cut off", part("package", &good[..good.len() - 30])),
        ("one bit turned", part("package", &flipped)),
        ("no end", part("package", &good)[..200].to_vec()),
        ("no form at all", b"nothing of the kind".to_vec()),
        ("too large", part("package", &vec![7; (1 << 20) + 1])),
        ("far too large", part("package", &vec![7; 3 << 20])),
    ];
    let count = hostile.len();
    for (what, body) in hostile {
        let answer = served.upload(&cookie, body).await;
        assert_eq!(answer.status(), 303, "{what}");
        let told = flash(&answer).unwrap_or_else(|| panic!("{what}: a sentence"));
        assert_eq!(told.tone, FlashTone::Refused, "{what}: {}", told.sentence);
        assert!(told.sentence.ends_with('.') && told.sentence.len() > 20, "{what}: {}", told.sentence);
        let folder = served.folder.path().display().to_string();
        assert!(!told.sentence.contains(&folder), "{what} tells a path of this machine: {}", told.sentence);
        assert_eq!(served.deployments().await, 0, "{what}");
    }
    let left: Vec<_> = std::fs::read_dir(served.configuration.data.join("uploads")).unwrap().collect();
    assert!(left.is_empty(), "{left:?}");
    let entries = served.outcomes("application.publish").await;
    assert_eq!(entries, vec!["failed"; count], "each attempt has its entry");

    let answer = served.upload(&cookie, part("package", &good)).await;
    assert_eq!(flash(&answer).unwrap().tone, FlashTone::Done);
    assert_eq!(served.deployments().await, 1);
    served.running.stop().await;
}

#[tokio::test]
async fn notes_come_with_the_form_and_over_the_api() {
    let served = Served::start().await;
    let cookie = served.cookie("dev").await;
    let good = std::fs::read(served.package("desk")).unwrap();
    // What is typed stands behind the file here.
    let end = "--towpath-test-boundary--\r\n";
    let mut body = part("package", &good);
    body.truncate(body.len() - end.len());
    let notes = "--towpath-test-boundary\r\ncontent-disposition: form-data; name=\"notes\"\r\n\r\nTides by the hour\r\n";
    body.extend_from_slice(format!("{notes}{end}").as_bytes());
    let answer = served.upload(&cookie, body).await;
    assert_eq!(flash(&answer).unwrap().tone, FlashTone::Done);
    let (_, token) = crate::api::account(&served, "ci", "Developer", &domain::token::Scope::ALL).await;
    let send = async |file: Vec<u8>, said: &str| {
        let url = format!("{}/api/v1/i/harbour/environments/dev/packages?{said}", served.base);
        client().post(url).bearer_auth(&token).body(file).send().await.unwrap()
    };
    let other = send(good, "application=tide").await;
    assert_eq!(other.status(), 422);
    let problem = other.text().await.unwrap();
    assert!(problem.contains("is meant"), "{problem}");
    let tide = std::fs::read(served.package("tide")).unwrap();
    let answer = send(tide, "application=tide&notes=High%20water").await;
    assert_eq!(answer.status(), 201, "{}", answer.text().await.unwrap());
    served.running.stop().await;
}
