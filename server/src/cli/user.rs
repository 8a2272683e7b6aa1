//! `towpath user`: users, by somebody who works at this machine (the actor *local operator*).

use super::{Common, Failure, open_console, start_log};
use crate::clock::Sources;
use clap::{Args, Subcommand};
use operations::{Caller, NewUser};
use std::io::Read as _;

/// What can be done with users.
#[derive(Debug, Subcommand)]
pub enum User {
    /// Add a user with a role; prints a one-time password unless one is given
    #[command(after_help = "Examples:\n  towpath user add ines --name 'Ines Duarte' --role Developer\n  \
                            towpath user add otto --role Administrator --infrastructure harbour\n  \
                            pass show otto | towpath user add otto --role Reader --password-stdin\n\n\
                            Roles: Administrator, Developer, Release Manager, Reader.")]
    Add(Add),
}

/// `user add`
#[derive(Debug, Args)]
pub struct Add {
    /// The name to sign in with
    pub username: String,
    /// The name people read; the user name if none is given
    #[arg(long)]
    pub name: Option<String>,
    /// The e-mail address
    #[arg(long, default_value = "")]
    pub email: String,
    /// The role
    #[arg(long)]
    pub role: String,
    /// Key of the infrastructure the role is in; all of them if none is named
    #[arg(long, value_name = "KEY")]
    pub infrastructure: Option<String>,
    /// Read the password from standard input
    #[arg(long)]
    pub password_stdin: bool,
    /// Where the console's data are.
    #[command(flatten)]
    pub common: Common,
}

pub(super) async fn run(command: User) -> Result<(), Failure> {
    let User::Add(add) = command;
    let configuration = add.common.configuration()?;
    start_log(&configuration);
    let password = if add.password_stdin { Some(read_password()?) } else { None };
    let console = open_console(&configuration, &Sources::default()).await?;
    let new = NewUser {
        name: add.name.unwrap_or_else(|| add.username.clone()),
        username: add.username,
        email: add.email,
        role: add.role,
        infrastructure: add.infrastructure,
        password,
    };
    let username = new.username.clone();
    let added = console.add_user(&Caller::local_operator(), new).await?;
    println!("User:      {username}");
    if let Some(password) = added.one_time_password {
        println!("Password:  {password}   (shown this once)");
    }
    Ok(())
}

/// A password from standard input, without the end of its line.
pub(super) fn read_password() -> Result<String, Failure> {
    let mut text = String::new();
    std::io::stdin()
        .take(4096)
        .read_to_string(&mut text)
        .map_err(|error| format!("The password cannot be read from standard input: {error}."))?;
    Ok(text.trim_end_matches(['\r', '\n']).to_owned())
}
