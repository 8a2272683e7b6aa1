//! The access review as a file: written while it is read, a page at a time, so that no console holds all of it.

use crate::download::{attachment, no_file};
use crate::web::Web;
use app::context::encoded;
use axum::Extension;
use axum::body::{Body, Bytes};
use axum::extract::{Path, State};
use axum::http::{HeaderName, HeaderValue, Response, header};
use axum::response::IntoResponse as _;
use domain::access::Source;
use operations::view::ReviewRow;
use operations::{Caller, PageQuery};

const HEADS: [&str; 12] = [
    "user name",
    "name",
    "may sign in",
    "application key",
    "application",
    "environment",
    "level",
    "level name",
    "rights",
    "source",
    "by",
    "role",
];

/// Where the next page begins.
enum Next {
    First,
    After(String),
    End,
}

/// `GET /i/{infra}/users/review.csv`
pub async fn review(
    State(web): State<Web>,
    Path(infra): Path<String>,
    Extension(caller): Extension<Caller>,
) -> Response<Body> {
    if let Err(error) = web.console.begin_access_review(&caller, &infra).await {
        let page = format!("/i/{}/users", encoded(&infra));
        return no_file(&error, &page, "The access review cannot be read now.");
    }
    let name = attachment("access-review-", &infra, ".csv");
    let rows = futures::stream::try_unfold(Next::First, move |next| {
        let (web, caller, infra) = (web.clone(), caller.clone(), infra.clone());
        async move {
            let after = match &next {
                Next::First => None,
                Next::After(mark) => Some(mark.clone()),
                Next::End => return Ok(None),
            };
            // A page that fails breaks the answer off, so that a part is not taken for the whole.
            let query = PageQuery::after(after);
            let page = web.console.access_review(&caller, &infra, &query).await.map_err(|error| {
                tracing::warn!(%error, "an access review broke off");
                std::io::Error::other(error.sentence())
            })?;
            let text = written(matches!(next, Next::First), &page.rows)?;
            Ok::<_, std::io::Error>(Some((Bytes::from(text), page.next.map_or(Next::End, Next::After))))
        }
    });
    let headers: [(HeaderName, HeaderValue); 2] = [
        (header::CONTENT_TYPE, HeaderValue::from_static("text/csv; charset=utf-8; header=present")),
        (header::CONTENT_DISPOSITION, name),
    ];
    (headers, Body::from_stream(rows)).into_response()
}

fn written(with_heads: bool, rows: &[ReviewRow]) -> Result<Vec<u8>, std::io::Error> {
    let mut writer = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::new());
    if with_heads {
        writer.write_record(HEADS)?;
    }
    for row in rows {
        let (key, name) = match &row.application {
            Some(application) => (application.key.as_str(), application.name.as_str()),
            None => ("", "(every application without a narrower role)"),
        };
        let source = match row.cell.source {
            Source::Closed => "closed by the default role",
            Source::Default => "default role",
            Source::Team => "team",
            Source::Grant => "grant",
        };
        let level = row.cell.level.to_string();
        let fields = [
            row.username.as_str(),
            &row.name,
            if row.active { "yes" } else { "no" },
            key,
            name,
            &row.environment,
            &level,
            domain::access::Rights::level_name(row.cell.level),
            &row.cell.rights.words(),
            source,
            &row.cell.source_name,
            &row.cell.role_name,
        ]
        .map(harmless);
        writer.write_record(&fields)?;
    }
    writer.into_inner().map_err(|error| std::io::Error::other(error.to_string()))
}

/// A spreadsheet takes a cell that begins so for a formula and carries it out; behind an apostrophe it is text (OWASP, CSV injection).
fn harmless(field: &str) -> String {
    if field.starts_with(['=', '+', '-', '@', '\t', '\r', '\n']) {
        format!("'{field}")
    } else {
        field.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::access::Rights;
    use domain::id::EnvironmentId;
    use operations::view::EffectiveCell;

    fn row(name: &str) -> ReviewRow {
        ReviewRow {
            username: "ines".into(),
            name: name.into(),
            active: true,
            application: None,
            environment: "Development".into(),
            cell: EffectiveCell {
                environment: EnvironmentId(Default::default()),
                rights: Rights::level(2),
                level: 2,
                words: "List Applications".into(),
                source: Source::Default,
                source_name: "Reader".into(),
                role_name: "Reader".into(),
            },
        }
    }

    #[test]
    fn names_are_quoted_and_carry_nothing_out() {
        for (name, wanted) in [
            ("Duarte, \"Ines\"", "\"Duarte, \"\"Ines\"\"\""),
            ("=HYPERLINK(\"x\")", "\"'=HYPERLINK(\"\"x\"\")\""),
            ("+1", "'+1"),
            ("-1", "'-1"),
            ("@SUM", "'@SUM"),
            ("\tx", "'\tx"),
            ("Ines", "Ines"),
        ] {
            let text = String::from_utf8(written(false, &[row(name)]).unwrap()).unwrap();
            assert!(text.starts_with(&format!("ines,{wanted},yes,,")), "{name}: {text}");
            assert!(text.ends_with("Access and List Applications,default role,Reader,Reader\r\n"), "{text}");
        }
        let text = String::from_utf8(written(true, &[]).unwrap()).unwrap();
        assert_eq!(text.matches(',').count(), HEADS.len() - 1, "{text}");
    }
}
