//! What an IT user is called, checked when it is given: user names that are not taken for somebody else's, and names that show what
//! is stored. What is stored already is read by the wider rules of [`crate::text`].
//!
//! A user name has the letters a to z, digits and a few signs, since it is typed on any keyboard, stands in addresses, logs and
//! command lines, and letters of other scripts that look like these would make two people look like one. The name that people read
//! may be of any script.

use crate::text::{Name, Refused, Username};
use serde::{Deserialize, Serialize};

/// The user name for a new user.
///
/// # Errors
/// One sentence that names the first character that cannot stand in it.
pub fn username(text: &str) -> Result<Username, Refused> {
    let text = text.trim();
    let allowed = |c: &char| c.is_ascii_alphanumeric() || matches!(*c, '.' | '_' | '-' | '@' | '+');
    if let Some(sign) = text.chars().find(|c| !allowed(c)) {
        let shown = if sign.is_control() || unseen(sign) { String::new() } else { format!("“{sign}” ") };
        return Err(Refused(format!(
            "{shown}(U+{:04X}) cannot stand in a user name: use the letters a to z, digits, and . _ - @ + without spaces. \
             The name that people read may be of any script.",
            u32::from(sign)
        )));
    }
    text.parse()
}

/// What a user name looks like: two user names with the same skeleton can be taken for each other, such as `maria` and `rnaria`. It is
/// compared, never shown.
#[must_use]
pub fn skeleton(username: &Username) -> String {
    // The same steps in the same order as in the migration that fills the column.
    username.as_str().replace("rn", "m").replace("vv", "w").replace('0', "o").replace('1', "l")
}

/// The name that people read, for a new or renamed person.
///
/// # Errors
/// One sentence: line breaks would end the line of an e-mail's header, and signs that cannot be seen or turn the direction of writing
/// would show another name than is stored.
pub fn name(text: &str) -> Result<Name, Refused> {
    let text = text.trim();
    // Two of them belong to the writing of Persian and Indian names.
    let hidden = |c: &char| unseen(*c) && !matches!(*c, '\u{200c}' | '\u{200d}');
    if let Some(sign) = text.chars().find(|c| c.is_control() || hidden(c)) {
        return Err(Refused(format!(
            "A name has no line breaks and no characters that cannot be seen; this one has U+{:04X}.",
            u32::from(sign)
        )));
    }
    if !text.is_empty() && !text.chars().any(char::is_alphanumeric) {
        return Err(Refused("A name has at least one letter.".to_owned()));
    }
    text.parse()
}

/// Characters that are not seen, or that turn the direction of what follows (general category Cf, and fillers).
fn unseen(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}'
        | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
        | '\u{2800}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{fff9}'..='\u{fffb}'
        | '\u{e0000}'..='\u{e0fff}')
}

/// Light or dark.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Theme {
    /// As the browser says.
    #[default]
    System,
    /// Always light.
    Light,
    /// Always dark.
    Dark,
}

impl Theme {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::System, Self::Light, Self::Dark];

    /// The word in storage and forms.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::System => "system",
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }
}

impl std::str::FromStr for Theme {
    type Err = Refused;
    fn from_str(text: &str) -> Result<Self, Refused> {
        let found = Self::ALL.into_iter().find(|theme| theme.word() == text);
        found.ok_or_else(|| Refused("A theme is one of system, light and dark.".to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn user_names_have_letters_that_every_keyboard_types() {
        for good in ["ines", "Ines.Duarte", "j-doe+ci@corp.example", "a_1"] {
            assert_eq!(username(good).unwrap().as_str(), good.to_lowercase());
        }
        for (bad, part) in [
            ("аdmin", "“а” (U+0430)"),
            ("ad\u{200b}min", "(U+200B)"),
            ("nim\u{202e}da", "(U+202E)"),
            ("\u{212a}im", "(U+212A)"),
            ("ａdmin", "(U+FF41)"),
            ("a b", "(U+0020)"),
            ("a\r\nBcc: x", "(U+000D)"),
            ("", "1 to 64"),
            ("x".repeat(65).as_str(), "1 to 64"),
        ] {
            let refused = username(bad).unwrap_err().0;
            assert!(refused.contains(part) && refused.ends_with('.'), "{bad:?}: {refused}");
        }
    }

    #[test]
    fn names_that_look_alike_have_one_skeleton() {
        let of = |text: &str| skeleton(&text.parse().unwrap());
        for (a, b) in [("maria", "rnaria"), ("paul", "pau1"), ("bob", "b0b"), ("ewa", "evva")] {
            assert_eq!(of(a), of(b), "{a} and {b}");
        }
        for (a, b) in [("ines", "inez"), ("user1", "user2"), ("user10", "user11"), ("anna", "ana")] {
            assert_ne!(of(a), of(b), "{a} and {b}");
        }
    }

    #[test]
    fn names_of_people_are_of_any_script_and_show_what_they_are() {
        for good in ["Ines Duarte", "O’Neill, Bob", "佐藤 花子", "محمد", "José", "نی\u{200c}ما"]
        {
            assert!(name(good).is_ok(), "{good}: {:?}", name(good));
        }
        for (bad, part) in [
            ("Ines\r\nBcc: all@example.com", "U+000D"),
            ("Ines\u{2028}Bcc", "U+2028"),
            ("Ines\u{202e}etraud", "U+202E"),
            ("In\u{0}es", "U+0000"),
            ("- -", "at least one letter"),
            ("", "1 to 80"),
        ] {
            let refused = name(bad).unwrap_err().0;
            assert!(refused.contains(part), "{bad:?}: {refused}");
        }
    }

    #[test]
    fn themes_come_back() {
        for theme in Theme::ALL {
            assert_eq!(theme.word().parse::<Theme>().unwrap(), theme);
        }
        assert!("sepia".parse::<Theme>().is_err());
    }

    proptest! {
        /// Header injection: whatever is accepted stays on its line.
        #[test]
        fn nothing_that_is_accepted_ends_a_line(a in "[a-z]{1,5}", sign in proptest::char::any(), b in "[a-z:]{0,5}") {
            let text = format!("{a}{sign}{b}");
            let ends = |text: &str| text.chars().any(|c| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}'));
            for accepted in [name(&text).map(String::from), username(&text).map(String::from)].into_iter().flatten() {
                prop_assert!(!ends(&accepted), "{accepted:?}");
            }
        }
    }
}
