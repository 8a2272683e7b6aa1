//! Why an operation did not happen. Each variant has one sentence for people; internals are logged once, at the door.

use domain::id::RequestId;
use storage::StoreError;

/// What is wrong with one field of the input.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldProblem {
    /// The field's name in the form.
    pub field: &'static str,
    /// What is wrong and what is allowed.
    pub sentence: String,
}

/// Why an operation did not happen. Nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum OperationError {
    /// A permission is missing.
    #[error("{sentence}")]
    Denied {
        /// What is refused, and what is missing.
        sentence: String,
        /// Who can lift it.
        lifted_by: String,
        /// Nobody is signed in: a page leads to signing in.
        sign_in: bool,
        /// The number of the rule behind it, such as `R28`, if it has one (docs/api.md lists them).
        rule: Option<&'static str>,
    },
    /// A dangerous act of a person whose last proof of who they are is too old (ASVS 7.5): a page leads to giving it again.
    #[error("{sentence}")]
    ProofNeeded {
        /// What needs it, and how it is given.
        sentence: String,
    },
    /// It is not there, or the caller may not know that it is.
    #[error("{what}")]
    NotFound {
        /// What was looked for.
        what: String,
    },
    /// It cannot be done as things are now.
    #[error("{sentence}")]
    Conflict {
        /// What is in the way, and what to do.
        sentence: String,
        /// The number of the rule behind it, as above.
        rule: Option<&'static str>,
    },
    /// The input is not acceptable.
    #[error("{}", .fields.iter().map(|f| f.sentence.as_str()).collect::<Vec<_>>().join(" "))]
    Invalid {
        /// The fields and what is wrong with each.
        fields: Vec<FieldProblem>,
    },
    /// The cursor is none that this list gave.
    #[error("This is no page of this list; begin with the first.")]
    Page {
        /// The parameter that has the cursor.
        field: &'static str,
    },
    /// Too much at once; the same request later will do.
    #[error("Too many at once. Try again in {retry_after_seconds} s.")]
    TooMany {
        /// When to try again, seconds.
        retry_after_seconds: u64,
    },
    /// Too many failures; later it will be heard again.
    #[error("{sentence}")]
    Paused {
        /// Why, how long, and who can end it.
        sentence: String,
        /// When to try again, seconds.
        retry_after_seconds: u64,
    },
    /// The console's own database is full, or may only be read.
    #[error(
        "The console's database cannot be written: its disk is full, or may only be read. Nothing was changed. Once whoever looks \
         after the console has made room, it works again."
    )]
    Unwritable,
    /// A fault of ours; the log has its text under the request's id.
    #[error("Something went wrong here. The log has it under {request}.")]
    Internal {
        /// The request.
        request: RequestId,
        /// The cause, for the log alone.
        #[source]
        cause: Fault,
    },
}

/// A fault of ours.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// The database.
    #[error("storage: {0}")]
    Store(#[from] StoreError),
    /// The package store.
    #[error("package store: {0}")]
    Packages(#[from] object_store::Error),
    /// A file.
    #[error("file: {0}")]
    File(#[from] std::io::Error),
    /// Something else that cannot be.
    #[error("{0}")]
    Other(String),
}

impl OperationError {
    /// The status of an HTTP answer.
    #[must_use]
    pub const fn status(&self) -> u16 {
        match self {
            Self::Page { .. } => 400,
            Self::Denied { sign_in: true, .. } => 401,
            Self::Denied { .. } | Self::ProofNeeded { .. } => 403,
            Self::NotFound { .. } => 404,
            Self::Conflict { .. } => 409,
            Self::Invalid { .. } => 422,
            Self::TooMany { .. } | Self::Paused { .. } => 429,
            Self::Internal { .. } => 500,
            Self::Unwritable => 507,
        }
    }

    /// The sentence for people.
    #[must_use]
    pub fn sentence(&self) -> String {
        self.to_string()
    }

    /// One field is not acceptable.
    #[must_use]
    pub fn invalid(field: &'static str, sentence: impl Into<String>) -> Self {
        Self::Invalid { fields: vec![FieldProblem { field, sentence: sentence.into() }] }
    }

    /// It cannot be done as things are.
    #[must_use]
    pub fn conflict(sentence: impl Into<String>) -> Self {
        Self::Conflict { sentence: sentence.into(), rule: None }
    }

    /// A rule refuses it; `lifted_by` says who can lift that.
    #[must_use]
    pub fn denied(sentence: impl Into<String>, lifted_by: impl Into<String>) -> Self {
        Self::Denied { sentence: sentence.into(), lifted_by: lifted_by.into(), sign_in: false, rule: None }
    }

    /// Nobody is known to ask; `lifted_by` says what to do about it.
    #[must_use]
    pub fn sign_in(sentence: impl Into<String>, lifted_by: impl Into<String>) -> Self {
        Self::Denied { sentence: sentence.into(), lifted_by: lifted_by.into(), sign_in: true, rule: None }
    }

    /// The same refusal with the number of its rule. Other errors have none.
    #[must_use]
    pub fn under(mut self, number: &'static str) -> Self {
        if let Self::Denied { rule, .. } | Self::Conflict { rule, .. } = &mut self {
            *rule = Some(number);
        }
        self
    }

    /// It is not there.
    #[must_use]
    pub fn not_found(what: impl Into<String>) -> Self {
        Self::NotFound { what: what.into() }
    }
}

/// A fault gets its request id at the door; until then it has none.
impl From<Fault> for OperationError {
    fn from(cause: Fault) -> Self {
        Self::Internal { request: RequestId(uuid::Uuid::nil()), cause }
    }
}

/// When whoever met a busy database may ask again, seconds.
const BUSY_SECONDS: u64 = 2;

impl From<StoreError> for OperationError {
    fn from(error: StoreError) -> Self {
        match error {
            // Cursors come from the caller; a list that has another parameter for them names it (`paging`).
            StoreError::Page => Self::Page { field: "after" },
            // Many ask at once; nothing is broken, but whoever looks after the console should know.
            StoreError::Busy => {
                tracing::warn!("the database is busy: somebody was asked to try again in {BUSY_SECONDS} s");
                Self::TooMany { retry_after_seconds: BUSY_SECONDS }
            }
            StoreError::Unwritable => {
                tracing::error!("the database cannot be written: its disk is full, or may only be read");
                Self::Unwritable
            }
            fault => Fault::from(fault).into(),
        }
    }
}

impl From<object_store::Error> for OperationError {
    fn from(error: object_store::Error) -> Self {
        Fault::from(error).into()
    }
}

impl From<std::io::Error> for OperationError {
    fn from(error: std::io::Error) -> Self {
        Fault::from(error).into()
    }
}

/// What an operation gives.
pub type Result<T> = std::result::Result<T, OperationError>;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_busy_database_is_no_fault_of_ours() {
        let busy = OperationError::from(StoreError::Busy);
        assert_eq!((busy.status(), busy.sentence().as_str()), (429, "Too many at once. Try again in 2 s."));
        assert_eq!(OperationError::from(StoreError::Missing).status(), 500);
    }
}
