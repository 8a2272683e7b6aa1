//! Packages by range, as a Platform Server fetches and resumes them (RFC 9110, 14).

use crate::common::Served;
use domain::text::Sha256;
use reqwest::{Method, Response, StatusCode};

impl Served {
    async fn fetched(&self, sha256: &Sha256, headers: &[(&str, &str)]) -> Response {
        let path = format!("/agent/v1/packages/{sha256}");
        let mut request = self.signed(Method::GET, &path, b"", self.now(), &self.nonce());
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        request.send().await.unwrap()
    }
}

#[tokio::test]
async fn a_package_comes_whole_or_in_the_part_that_is_missing() {
    let served = Served::start().await;
    let sha256 = served.published("desk", &"a lock keeper's desk ".repeat(2000)).await;
    let whole = served.fetched(&sha256, &[]).await;
    assert_eq!(whole.status(), StatusCode::OK);
    assert_eq!(whole.headers()["accept-ranges"], "bytes");
    let etag = whole.headers()["etag"].to_str().unwrap().to_owned();
    let bytes = whole.bytes().await.unwrap();
    assert_eq!(Sha256::of(&bytes), sha256);
    let size = bytes.len();

    let middle = size / 2;
    let rest = served.fetched(&sha256, &[("range", &format!("bytes={middle}-")), ("if-range", &etag)]).await;
    assert_eq!(rest.status(), StatusCode::PARTIAL_CONTENT);
    assert_eq!(rest.headers()["content-range"], format!("bytes {middle}-{}/{size}", size - 1));
    assert_eq!(rest.bytes().await.unwrap(), bytes[middle..]);

    let last = served.fetched(&sha256, &[("range", "bytes=-7")]).await;
    assert_eq!(last.status(), StatusCode::PARTIAL_CONTENT);
    assert_eq!(last.bytes().await.unwrap(), bytes[size - 7..]);

    let other = served.fetched(&sha256, &[("range", "bytes=5-"), ("if-range", "\"another\"")]).await;
    assert_eq!(other.status(), StatusCode::OK, "the part of another file is of no use");
    assert_eq!(other.bytes().await.unwrap(), bytes);

    let beyond = served.fetched(&sha256, &[("range", &format!("bytes={size}-"))]).await;
    assert_eq!(beyond.status(), StatusCode::RANGE_NOT_SATISFIABLE);
    assert_eq!(beyond.headers()["content-range"], format!("bytes */{size}"));

    let missing = served.fetched(&Sha256::of(b"nothing"), &[]).await;
    assert_eq!(missing.status(), StatusCode::NOT_FOUND);
    assert!(missing.text().await.unwrap().contains("There is no such package."));
    served.running.stop().await;
}
