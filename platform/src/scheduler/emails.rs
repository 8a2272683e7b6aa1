//! E-mails: sent by the controller alone, over the environment's SMTP server. Where this program is killed between the server's yes and the note of
//! it, an e-mail is sent twice with the same Message-ID, by which a mailbox knows it again.

use super::Scheduler;
use super::jobs::pause;
use crate::catalog::{AT_ONCE, CatalogError, Item, Sort};
use crate::clock;
use crate::services::EVERY;
use crate::work::Letter;
use domain::server_api::emails::Emails;
use domain::server_api::jobs::{QueueQuery, QueueState};
use domain::time::Timestamp;
use lettre::message::{Mailbox, MultiPart, SinglePart};
use lettre::transport::smtp::authentication::Credentials;
use lettre::{AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor};
use std::path::Path;
use std::time::Duration;
use tokio::time::sleep;

/// How long the SMTP server may take for one step.
const STEP: Duration = Duration::from_secs(30);
/// What an e-mail waits for where no server is configured.
const NO_SERVER: &str =
    "No SMTP server is configured: start the controller's run with --smtp and --smtp-from.";

/// Where e-mails are sent to, as it is kept. The password is not.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Smtp {
    /// `smtp://host:25`, `smtp://user@host:587?tls=required` or `smtps://user@host:465`.
    pub url: String,
    /// The sender's address.
    pub from: String,
    /// The file that holds the password, where it does not come from the environment.
    pub password_file: Option<String>,
}

/// Sends e-mails.
#[derive(Clone)]
pub struct Mailer {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    from: Mailbox,
    /// The server without user and password.
    shown: String,
}

impl Mailer {
    /// For an SMTP server, with the password where one is given.
    pub fn new(smtp: &Smtp, password: Option<String>) -> Result<Self, String> {
        let from: Mailbox = smtp
            .from
            .parse()
            .map_err(|_| format!("--smtp-from {}: this is no e-mail address.", smtp.from))?;
        let refused = |why: &str| format!("--smtp: {why}");
        let url: reqwest::Url = smtp.url.parse().map_err(|_| {
            refused("write smtp://host:25, smtp://user@host:587?tls=required or smtps://user@host.")
        })?;
        if url.password().is_some() {
            return Err(refused(
                "a password does not belong on a command line: give it in TOWPATH_SMTP_PASSWORD or by --smtp-password-file.",
            ));
        }
        let user = url.username().to_owned();
        let is_loopback = matches!(url.host_str(), Some("127.0.0.1" | "[::1]" | "localhost"));
        let is_safe = url.scheme() == "smtps"
            || url.query_pairs().any(|(key, value)| key == "tls" && value == "required");
        if !user.is_empty() && !is_safe && !is_loopback {
            return Err(refused(
                "with a user it has to be smtps:// or ?tls=required, or the password could be read.",
            ));
        }
        let mut builder = AsyncSmtpTransport::<Tokio1Executor>::from_url(&smtp.url)
            .map_err(|error| refused(&error.to_string()))?
            .timeout(Some(STEP));
        match (user.is_empty(), password) {
            (true, _) => {}
            (false, Some(password)) => {
                let user = percent_decoded(&user);
                builder = builder.credentials(Credentials::new(user, password));
            }
            (false, None) => {
                return Err(refused(
                    "its user needs a password in TOWPATH_SMTP_PASSWORD or by --smtp-password-file.",
                ));
            }
        }
        let port = url.port().map_or_else(String::new, |port| format!(":{port}"));
        let shown = format!("{}://{}{port}", url.scheme(), url.host_str().unwrap_or_default());
        Ok(Self { transport: builder.build(), from, shown })
    }

    /// The message of an e-mail of the queue: its Message-ID is made of its id there, and so the same at each try.
    fn message(&self, id: &str, letter: &Letter) -> Result<Message, String> {
        let wrong = |error: &dyn std::fmt::Display| format!("The e-mail cannot be written: {error}.");
        let mut message = Message::builder()
            .from(self.from.clone())
            .message_id(Some(format!("<{id}@{}>", self.from.email.domain())))
            .subject(&letter.subject);
        for to in &letter.to {
            message = message.to(to.parse::<Mailbox>().map_err(|error| wrong(&error))?);
        }
        let built = match &letter.html {
            Some(html) => {
                message.multipart(MultiPart::alternative_plain_html(letter.text.clone(), html.clone()))
            }
            None => message.singlepart(SinglePart::plain(letter.text.clone())),
        };
        built.map_err(|error| wrong(&error))
    }

    /// Sends one; why not otherwise, and whether another try can help.
    async fn send(&self, item: &Item) -> Result<(), (String, bool)> {
        let letter: Letter = serde_json::from_str(&item.body)
            .map_err(|error| (format!("The e-mail cannot be read: {error}."), false))?;
        let message = self.message(&item.id, &letter).map_err(|why| (why, false))?;
        match self.transport.send(message).await {
            Ok(_) => Ok(()),
            Err(error) => {
                let mut why = format!("{} did not take it: {error}", self.shown);
                let mut source = std::error::Error::source(&error);
                while let Some(inner) = source {
                    why = format!("{why}: {inner}");
                    source = inner.source();
                }
                Err((format!("{why}."), !error.is_permanent()))
            }
        }
    }
}

fn percent_decoded(text: &str) -> String {
    // The query of a URL reads percent signs in the same way; a plus sign is none there.
    let query = format!("x={}", text.replace('+', "%2B"));
    let url = reqwest::Url::parse(&format!("http://x/?{query}")).ok();
    url.and_then(|url| url.query_pairs().next().map(|(_, value)| value.into_owned())).unwrap_or_default()
}

/// The password of the SMTP server: from its file, else from the environment.
pub fn password(file: Option<&str>) -> Result<Option<String>, String> {
    match file {
        Some(file) => std::fs::read_to_string(Path::new(file))
            .map(|text| Some(text.trim_end_matches(['\n', '\r']).to_owned()))
            .map_err(|error| format!("--smtp-password-file {file}: {error}.")),
        None => Ok(std::env::var("TOWPATH_SMTP_PASSWORD").ok().filter(|password| !password.is_empty())),
    }
}

impl Scheduler {
    /// What was being sent when this program was killed may have been sent or not: it is sent again, under the same Message-ID.
    pub(super) async fn take_up_emails(&self) -> Result<(), CatalogError> {
        for item in self.inner.catalog.open_items(Sort::Email).await? {
            let why =
                "The scheduler was stopped while it was sent; it may arrive twice, with one Message-ID.";
            self.inner.catalog.failed_item(&item.id, why, Some(clock::now())).await?;
        }
        Ok(())
    }

    pub(super) async fn send_emails(&self, now: Timestamp) -> Result<(), CatalogError> {
        let Some(mailer) = &self.inner.mailer else { return Ok(()) };
        for mut item in self.inner.catalog.due_items(Sort::Email, now).await? {
            if !self.take(Sort::Email, &item.id, &item.application, AT_ONCE) {
                continue;
            }
            match self.inner.catalog.begin_item(&item.id, String::new()).await {
                Ok(true) => item.tries += 1,
                Ok(false) => {
                    self.leave(&item.id);
                    continue;
                }
                Err(error) => {
                    self.leave(&item.id);
                    return Err(error);
                }
            }
            let (scheduler, mailer) = (self.clone(), mailer.clone());
            tokio::spawn(async move {
                let sent = mailer.send(&item).await;
                let catalog = &scheduler.inner.catalog;
                let noted = || async {
                    match &sent {
                        Ok(()) => catalog.done_item(&item.id).await,
                        Err((why, can_help)) => {
                            let again = (*can_help && item.tries < item.tries_max)
                                .then(|| clock::now().plus(pause(item.tries)));
                            catalog.failed_item(&item.id, why, again).await
                        }
                    }
                };
                while let Err(error) = noted().await {
                    tracing::error!(%error, id = item.id, "the end of an e-mail cannot be noted; it is tried again");
                    sleep(EVERY).await;
                }
                scheduler.leave(&item.id);
            });
        }
        Ok(())
    }

    /// The e-mails as the console is told of them.
    pub async fn emails(&self, query: QueueQuery) -> Result<Emails, CatalogError> {
        let mut queue = self.inner.catalog.queue(Sort::Email, query).await?;
        let mailer = self.inner.mailer.as_ref();
        if mailer.is_none() {
            let waiting = queue.queued.iter_mut().filter(|one| one.state == QueueState::Waiting);
            waiting.for_each(|one| one.error = NO_SERVER.to_owned());
        }
        let (smtp, from) = mailer.map(|one| (one.shown.clone(), one.from.to_string())).unzip();
        Ok(Emails { smtp, from, queue })
    }

    /// The jobs as the console is told of them.
    pub async fn jobs(&self, query: QueueQuery) -> Result<domain::server_api::jobs::Queue, CatalogError> {
        self.inner.catalog.queue(Sort::Job, query).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn smtp(url: &str) -> Smtp {
        Smtp { url: url.to_owned(), from: "Tides <tides@harbour.example>".to_owned(), password_file: None }
    }

    #[tokio::test]
    async fn a_password_is_never_in_the_address_and_never_in_the_open() {
        let refused = |url: &str, password: Option<&str>| {
            Mailer::new(&smtp(url), password.map(str::to_owned)).err().unwrap_or_default()
        };
        for sound in ["smtp://127.0.0.1:2525", "smtp://mail.example", "smtps://mail.example:465"] {
            assert_eq!(refused(sound, None), "", "{sound}");
        }
        for sound in
            ["smtps://a%40b@mail.example", "smtp://a@mail.example:587?tls=required", "smtp://a@127.0.0.1"]
        {
            assert_eq!(refused(sound, Some("p")), "", "{sound}");
        }
        assert!(refused("smtps://a:secret@mail.example", None).contains("TOWPATH_SMTP_PASSWORD"));
        assert!(!refused("smtps://a:secret@mail.example", None).contains("secret"));
        assert!(refused("smtp://a@mail.example", Some("p")).contains("could be read"));
        assert!(refused("smtps://a@mail.example", None).contains("needs a password"));
        for broken in ["", "mail.example", "http://mail.example"] {
            assert!(refused(broken, None).starts_with("--smtp: "), "{broken}");
        }
        let from = Smtp { from: "harbour".to_owned(), ..smtp("smtp://127.0.0.1") };
        assert!(Mailer::new(&from, None).err().unwrap().contains("no e-mail address"));
        assert_eq!(percent_decoded("a%40b+c"), "a@b+c");
    }

    #[tokio::test]
    async fn the_same_e_mail_has_the_same_message_id_and_nothing_gets_into_its_headers() {
        let mailer = Mailer::new(&smtp("smtp://127.0.0.1"), None).unwrap();
        let letter = Letter {
            to: vec!["Ann <ann@example.org>".to_owned()],
            subject: "High water\r\nBcc: eve@example.org".to_owned(),
            text: "At three.".to_owned(),
            html: Some("<p>At three.</p>".to_owned()),
        };
        let text = |id: &str| String::from_utf8(mailer.message(id, &letter).unwrap().formatted()).unwrap();
        assert!(text("17").contains("Message-ID: <17@harbour.example>\r\n"), "{}", text("17"));
        assert!(!text("17").lines().any(|line| line.starts_with("Bcc")), "{}", text("17"));
        assert!(text("17").contains("multipart/alternative"));
    }
}
