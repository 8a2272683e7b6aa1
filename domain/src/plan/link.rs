//! What a plan refers to elsewhere: a change request, a test report, a page of a wiki.

use crate::architecture::words::WebAddress;
use crate::text::Refused;
use serde::Serialize;

/// The most links of a plan.
pub const MOST_LINKS: usize = 20;
/// The most characters of what is said of a link.
const WORDS: usize = 80;

/// A link of a plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Link {
    /// Where it leads.
    pub address: WebAddress,
    /// What is there; empty where nothing is said of it.
    pub words: String,
}

/// Reads links as they are typed and stored: one in a line, its address and, where wanted, what is there.
///
/// # Errors
/// A sentence that names the line.
pub fn links(text: &str) -> Result<Vec<Link>, Refused> {
    let mut all = Vec::new();
    for (at, line) in text.lines().map(str::trim).enumerate().filter(|(_, line)| !line.is_empty()) {
        let (address, words) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
        let address = address.parse().map_err(|Refused(why)| Refused(format!("Line {}: {why}", at + 1)))?;
        let words = words.trim();
        if words.chars().count() > WORDS || words.chars().any(char::is_control) {
            let sentence = format!("Line {}: what is said of a link has at most {WORDS} characters.", at + 1);
            return Err(Refused(sentence));
        }
        all.push(Link { address, words: words.to_owned() });
    }
    if all.len() > MOST_LINKS {
        return Err(Refused(format!("A plan has at most {MOST_LINKS} links; these are {}.", all.len())));
    }
    Ok(all)
}

/// The same as it is stored and typed.
#[must_use]
pub fn lines(links: &[Link]) -> String {
    let line = |link: &Link| format!("{} {}", link.address, link.words).trim_end().to_owned();
    links.iter().map(line).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_typed_is_what_is_stored() {
        let typed = "https://tracker.example/TIDE-42  The change request\n\n http://ci.example/8121 \r\n";
        let read = links(typed).unwrap();
        assert_eq!(read.len(), 2);
        assert_eq!((read[0].words.as_str(), read[1].words.as_str()), ("The change request", ""));
        assert_eq!(links(&lines(&read)).unwrap(), read);
        assert_eq!(
            lines(&read),
            "https://tracker.example/TIDE-42 The change request\nhttp://ci.example/8121"
        );
    }

    #[test]
    fn what_is_wrong_is_said_with_its_line() {
        let said = |text: &str| links(text).unwrap_err().0;
        assert!(
            said("https://a.example\njavascript:alert(1) Here")
                .starts_with("Line 2: “javascript:alert(1)” is no address")
        );
        assert!(said(&format!("https://a.example {}", "x".repeat(81))).starts_with("Line 1: what is said"));
        assert_eq!(said(&"https://a.example\n".repeat(21)), "A plan has at most 20 links; these are 21.");
    }
}
