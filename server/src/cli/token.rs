//! `towpath token`: the first token of a service account, by somebody who works at this machine (the actor *local operator*).

use super::{Common, Failure, open_console, start_log};
use crate::clock::Sources;
use clap::{Args, Subcommand};
use domain::id::UserId;
use domain::token::Scope;
use operations::{Caller, Console, NewToken, PageQuery};

/// What can be done with tokens.
#[derive(Debug, Subcommand)]
pub enum Token {
    /// Make a token for a service account, and the account if it is not there; prints the token, this once
    #[command(
        after_help = "Examples:\n  towpath token create ci --infrastructure harbour --role Developer --scope promotion\n  \
                            towpath token create ops --infrastructure harbour --role Administrator --scope people --days 90\n\n\
                            Scopes: read (part of every token), promotion, people, infrastructure. The token goes to standard output and\n\
                            nothing else does, so that it can be sent on into a store of secrets."
    )]
    Create(Create),
}

/// `token create`
#[derive(Debug, Args)]
pub struct Create {
    /// The service account's user name
    pub account: String,
    /// Key of the account's infrastructure
    #[arg(long, value_name = "KEY")]
    pub infrastructure: String,
    /// The role of the account, if it is made now
    #[arg(long)]
    pub role: Option<String>,
    /// What the token is for
    #[arg(long, default_value = "first token")]
    pub name: String,
    /// What the token may be used for; can be given several times
    #[arg(long = "scope", value_name = "SCOPE", default_value = "read")]
    pub scopes: Vec<Scope>,
    /// How long the token lives, days, 1 to 365
    #[arg(long, default_value_t = 90)]
    pub days: i64,
    /// Where the console's data are.
    #[command(flatten)]
    pub common: Common,
}

pub(super) async fn run(command: Token) -> Result<(), Failure> {
    let Token::Create(create) = command;
    let configuration = create.common.configuration()?;
    start_log(&configuration);
    let console = open_console(&configuration, &Sources::default()).await?;
    let local = Caller::local_operator();
    let account = match find(&console, &create).await? {
        Some(account) => account,
        None => make(&console, &create).await?,
    };
    let new = NewToken { name: create.name, scopes: create.scopes, days: create.days };
    let made = console.create_token(&local, &create.infrastructure, account, new).await?;
    println!("{}", made.token.reveal());
    Ok(())
}

async fn find(console: &Console, create: &Create) -> Result<Option<UserId>, Failure> {
    let mut query = PageQuery::default();
    loop {
        let local = Caller::local_operator();
        let page = console.service_accounts(&local, &create.infrastructure, &query).await?;
        if let Some(row) = page.accounts.rows.iter().find(|row| row.username == create.account) {
            return Ok(Some(row.id));
        }
        query.after = page.accounts.next;
        if query.after.is_none() {
            return Ok(None);
        }
    }
}

async fn make(console: &Console, create: &Create) -> Result<UserId, Failure> {
    let local = Caller::local_operator();
    let roles = console.roles(&local, &create.infrastructure).await?.roles;
    let names = || roles.iter().map(|role| role.name.as_str()).collect::<Vec<_>>().join(", ");
    let Some(name) = &create.role else {
        return Err(Failure::NotDone(format!(
            "There is no service account “{}” here. Say with --role what it is to be: {}.",
            domain::text::shorten(&create.account),
            names()
        )));
    };
    let Some(role) = roles.iter().find(|role| role.name.eq_ignore_ascii_case(name)) else {
        let name = domain::text::shorten(name);
        return Err(Failure::NotDone(format!("There is no role “{name}”; there is: {}.", names())));
    };
    let (infrastructure, account) = (&create.infrastructure, &create.account);
    Ok(console.create_service_account(&local, infrastructure, account, account, role.id).await?)
}
