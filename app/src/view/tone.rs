//! The meaning of a colour. A tone never stands alone: a [`Look`] has a shape and a word too.

use super::icons::Icon;

/// What a colour means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Tone {
    /// No meaning.
    #[default]
    Plain,
    /// As it should be.
    Ok,
    /// On the way.
    Run,
    /// Needs a look.
    Warn,
    /// Broken or refused.
    Bad,
    /// Waits for something.
    Wait,
}

impl Tone {
    /// The class in the style sheet.
    #[must_use]
    pub const fn class(self) -> &'static str {
        match self {
            Self::Plain => "",
            Self::Ok => "ok",
            Self::Run => "run",
            Self::Warn => "warn",
            Self::Bad => "bad",
            Self::Wait => "wait",
        }
    }
}

/// How a state is shown: colour, shape and word.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Look {
    /// Colour.
    pub tone: Tone,
    /// Shape.
    pub icon: Icon,
    /// Word.
    pub word: String,
}

impl Look {
    /// A look of these three.
    #[must_use]
    pub fn new(tone: Tone, icon: Icon, word: impl Into<String>) -> Self {
        Self { tone, icon, word: word.into() }
    }
}
