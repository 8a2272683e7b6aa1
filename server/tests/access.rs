//! Every address as every kind of person, compared with one reviewed table. An address that is not in the table fails.

mod common;

use app::flash::{Flash, FlashTone};
use common::{Served, client};
use leptos::server_fn::axum::server_fn_paths;
use reqwest::{Method, Response};
use std::collections::BTreeSet;
use std::fmt::Write as _;

/// Addresses that are no pages of `app` and no server functions.
const OTHERS: [(&str, &str); 9] = [
    ("POST", "/sign-in"),
    ("POST", "/sign-out"),
    ("POST", "/set-up"),
    ("POST", "/i/{infra}/environments/{env}/publish"),
    ("GET", "/live"),
    ("POST", "/agent/v1/enrol"),
    ("POST", "/agent/v1/sync"),
    ("GET", "/agent/v1/packages/{sha256}"),
    ("GET", "/health"),
];

fn filled(path: &str, deployment: &str) -> String {
    let id = if path.contains("deployments") { deployment } else { "00000000-0000-7000-8000-000000000000" };
    [
        (":infra", "harbour"),
        ("{infra}", "harbour"),
        (":env", "dev"),
        ("{env}", "dev"),
        (":app", "desk"),
        ("{app}", "desk"),
        (":id", id),
        ("{id}", id),
        ("{sha256}", &"0".repeat(64)),
        ("/live", "/live?topic=infrastructure:harbour"),
    ]
    .into_iter()
    .fold(path.to_owned(), |path, (name, value)| path.replace(name, value))
}

/// The status, and what a form's answer says: led to signing in, denied for want of a right, or refused for another reason.
fn words(answer: &Response) -> String {
    let status = answer.status().as_u16();
    let place = answer.headers().get("location").and_then(|to| to.to_str().ok()).unwrap_or_default();
    let cookies = answer.headers().get_all("set-cookie").iter().filter_map(|value| value.to_str().ok());
    let flash = cookies
        .filter_map(|cookie| cookie.split(';').next()?.strip_prefix("towpath-flash="))
        .find_map(Flash::decode);
    match flash {
        _ if place.starts_with("/sign-in") => format!("{status} sign-in"),
        Some(flash) if flash.sentence.starts_with("You cannot") => format!("{status} denied"),
        Some(flash) if flash.tone == FlashTone::Refused => format!("{status} refused"),
        _ => status.to_string(),
    }
}

#[tokio::test]
async fn who_may_ask_for_what() {
    let served = Served::start().await;
    let local = operations::Caller::local_operator();
    let file = served.package("desk");
    let run = served.running.console.publish(&local, "harbour", "dev", &file).await.unwrap();
    let deployment = run.deployment.unwrap().to_string();

    let options = served.configuration.leptos();
    let mut addresses: BTreeSet<(String, String)> =
        OTHERS.iter().map(|(m, p)| ((*m).into(), (*p).into())).collect();
    for page in leptos_axum::generate_route_list(move || app::shell::shell(options.clone())) {
        addresses.insert(("GET".into(), page.path().to_owned()));
    }
    for (path, method) in server_fn_paths() {
        assert_eq!(method, Method::POST.as_str(), "{path} changes something, so it is a POST (ASVS 3.5.3)");
        addresses.insert(("POST".into(), path.to_owned()));
    }

    let mut people = vec![("anonymous", None)];
    for username in ["ron", "dev", "ada"] {
        people.push((username, Some(served.cookie(username).await)));
    }
    let mut table =
        String::from("method\taddress\tanonymous\treader\tdeveloper\tadministrator\tplatform server\n");
    for (method, address) in &addresses {
        let path = filled(address, &deployment);
        let verb: Method = method.parse().unwrap();
        let _ = write!(table, "{method}\t{address}");
        for (_, cookie) in &people {
            // Signing out for real would end the session that the rest of the table needs.
            if address == "/sign-out" && cookie.is_some() {
                table.push_str("\t303");
                continue;
            }
            let mut request = client()
                .request(verb.clone(), format!("{}{path}", served.base))
                .header("accept", "text/html");
            if verb == Method::POST && !path.starts_with("/agent") {
                let body = "infra=harbour&app=desk&env=dev&number=x&change_log=&plan=00000000-0000-7000-8000-000000000000\
                            &operation=nothing&digest=&name=x&notes=&from=dev&to=test&username=x&password=x&code=x";
                request = served.form(request, body);
            }
            if let Some(cookie) = cookie {
                request = request.header("cookie", cookie);
            }
            let answer = request.send().await.unwrap();
            let _ = write!(table, "\t{}", words(&answer));
        }
        let (time, nonce) = (served.now(), served.nonce());
        let answer =
            served.signed(verb, &path, b"", time, &nonce).header("accept", "text/html").send().await.unwrap();
        let _ = writeln!(table, "\t{}", words(&answer));
    }
    served.running.stop().await;
    let reviewed = include_str!("access.tsv");
    assert!(table == reviewed, "what is answered differs from server/tests/access.tsv; it is now:\n{table}");
}
