//! Reading answers: never more of them than has room.

use serde::de::DeserializeOwned;

/// Longest sentence of a refusal, bytes.
const SENTENCE: usize = 4096;

/// The start of an answer's body, and whether there was more.
async fn start(answer: &mut reqwest::Response, most: usize) -> reqwest::Result<(Vec<u8>, bool)> {
    let mut start = Vec::new();
    while let Some(part) = answer.chunk().await? {
        let room = most - start.len();
        start.extend_from_slice(&part[..part.len().min(room)]);
        if part.len() > room {
            return Ok((start, true));
        }
    }
    Ok((start, false))
}

/// An answer of at most `most` bytes as JSON; otherwise what is wrong with it.
pub async fn json<T: DeserializeOwned>(mut answer: reqwest::Response, most: usize) -> Result<T, String> {
    match start(&mut answer, most).await {
        Ok((_, true)) => Err(format!("its answer has more than {most} bytes")),
        Ok((body, false)) => {
            serde_json::from_slice(&body).map_err(|error| format!("its answer cannot be read: {error}"))
        }
        Err(error) => Err(error.to_string()),
    }
}

/// An answer of at most `most` bytes as text; otherwise what is wrong with it.
pub async fn text(mut answer: reqwest::Response, most: usize) -> Result<String, String> {
    match start(&mut answer, most).await {
        Ok((_, true)) => Err(format!("its answer has more than {most} bytes")),
        Ok((body, false)) => String::from_utf8(body).map_err(|_| "its answer is no text".to_owned()),
        Err(error) => Err(error.to_string()),
    }
}

/// What an answer says in words, shortened.
pub async fn sentence(mut answer: reqwest::Response) -> String {
    let body = start(&mut answer, SENTENCE).await.map(|(body, _)| body).unwrap_or_default();
    String::from_utf8_lossy(&body).trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(body: &'static str) -> reqwest::Response {
        axum::http::Response::new(body).into()
    }

    #[tokio::test]
    async fn no_more_is_read_than_has_room() {
        assert_eq!(json::<Vec<u8>>(answer("[1,2]"), 5).await, Ok(vec![1, 2]));
        assert!(json::<Vec<u8>>(answer("[1,2]"), 4).await.unwrap_err().contains("more than 4 bytes"));
        assert!(json::<Vec<u8>>(answer("<html>"), 100).await.unwrap_err().contains("cannot be read"));
        assert_eq!(sentence(answer(" no\n")).await, "no");
        let long: &'static str = Box::leak("x".repeat(3 * SENTENCE).into_boxed_str());
        assert_eq!(sentence(answer(long)).await.len(), SENTENCE);
    }
}
