//! The console over HTTP, as browsers, programs, Platform Servers and strangers meet it. One program, since each links the whole.

mod access;
mod api;
mod api_pages;
mod api_refusals;
mod architecture;
mod clock;
mod command_access;
mod command_line;
mod common;
mod demo;
mod downloads;
mod expiry;
mod kill;
mod live;
mod parts;
mod postgres;
mod registering;
mod roles;
mod second_factor;
mod service_accounts;
mod sessions;
mod settings;
mod strangers;
mod teams;
mod uploads;
mod users;
