//! How much of a list somebody asks for at once.

use serde::Deserialize;
use std::str::FromStr;

/// How many rows a page of a list has at most, as somebody asked for it: 1 to [`PageSize::MOST`]. Who asks for nothing gets as many as
/// the list's screen shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct PageSize(u32);

/// Why something is no size of a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("“limit” is to be a whole number from 1 to {most}", most = PageSize::MOST)]
pub struct NoPageSize;

impl PageSize {
    /// The largest page that can be asked for, rows.
    pub const MOST: u32 = 200;

    /// How many rows.
    #[must_use]
    pub const fn rows(self) -> u32 {
        self.0
    }
}

impl FromStr for PageSize {
    type Err = NoPageSize;

    fn from_str(text: &str) -> Result<Self, NoPageSize> {
        // Digits alone: a sign would be read, too.
        let digits = text.bytes().all(|byte| byte.is_ascii_digit());
        let rows = text.parse::<u32>().ok().filter(|rows| digits && (1..=Self::MOST).contains(rows));
        rows.map(Self).ok_or(NoPageSize)
    }
}

impl TryFrom<String> for PageSize {
    type Error = NoPageSize;

    fn try_from(text: String) -> Result<Self, NoPageSize> {
        text.parse()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_has_one_to_two_hundred_rows() {
        for (text, rows) in [("1", 1), ("50", 50), ("200", 200), ("007", 7)] {
            assert_eq!(text.parse::<PageSize>().map(PageSize::rows), Ok(rows), "{text}");
        }
        for text in ["", "0", "201", "-1", "+1", "1.5", " 1", "all", "99999999999"] {
            assert_eq!(text.parse::<PageSize>(), Err(NoPageSize), "{text}");
        }
        assert_eq!(NoPageSize.to_string(), "“limit” is to be a whole number from 1 to 200");
    }
}
