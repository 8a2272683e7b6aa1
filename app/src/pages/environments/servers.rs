//! The front-ends of an environment: as a list, and their services as a table. What was reported, and what is recorded beside it.

use super::reachable;
use crate::prelude::*;
use crate::ui::{Card, Cell, Row, RowHead, Scroll, Tag, When};
use crate::view::icons::Icon;
use crate::view::tone::Tone;
use crate::view::words;
use domain::architecture::Architecture;
use domain::architecture::words::Service;
use domain::time::Timestamp;
use operations::view::{EnvironmentCard, ServerReport, ServerView};

/// With more front-ends than this each has a row of the table, and no column.
const COLUMNS: usize = 6;
/// Rows that are shown at once; the others are unfolded.
const ROWS: usize = 20;
/// Of more troubles than this the sentence tells how many others there are.
const TROUBLES: usize = 4;

/// Where a front-end stands in the list.
pub(crate) fn anchor(key: &str) -> String {
    format!("front-{key}")
}

/// A service of a front-end, as it was reported.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stands {
    /// Nothing was reported of the front-end yet.
    NotReported,
    /// The front-end was reported, and the service not with it.
    NotInstalled,
    /// It was reported at this time, and nothing is heard since.
    Unknown(Timestamp),
    /// It runs; at the first time, and since the second where that was said.
    Running(Timestamp, Option<Timestamp>),
    /// It gave its last sign of life then.
    Stopped(Timestamp),
}

fn stands(server: &ServerView, service: &str, heard: bool) -> Stands {
    let Some(report) = &server.reported else { return Stands::NotReported };
    // What is known since it enrolled is only what it said of itself then.
    if report.services.is_empty() && !report.reachable {
        return Stands::NotReported;
    }
    match report.services.iter().find(|each| each.service == service) {
        None => Stands::NotInstalled,
        Some(_) if !heard || !report.reachable => Stands::Unknown(report.at),
        // An earlier version does not say since when.
        Some(each) if each.running => {
            Stands::Running(report.at, Some(each.since).filter(|since| since.0 > 0))
        }
        Some(each) => Stands::Stopped(each.since),
    }
}

/// Whether what was reported is of now.
fn heard(card: &EnvironmentCard) -> bool {
    card.health != domain::environment::Health::Unknown
}

/// The five services of Platform Servers and every front-end; none where the environment has no front-end. One that no report names is not
/// installed, as far as is known.
pub(super) fn services(card: &EnvironmentCard, now: Timestamp) -> Option<AnyView> {
    let (servers, heard) = (&card.servers, heard(card));
    if servers.is_empty() {
        return None;
    }
    let tables = if servers.len() > COLUMNS {
        let (first, others) = servers.split_at(servers.len().min(ROWS));
        let others = (!others.is_empty()).then(|| {
            let words = format!("Show {} more", others.len());
            let table = by_front_end(others, heard, now, "Table of services, continued");
            view! { <details class="more"><summary>{words}</summary>{table}</details> }
        });
        view! { {by_front_end(first, heard, now, "Table of services")}{others} }.into_any()
    } else {
        by_service(servers, heard, now)
    };
    Some(
        view! {
            <Card title="Platform Server services" id="services" flush=true aside="as each front-end was reported last">
                {tables}
            </Card>
        }
        .into_any(),
    )
}

/// A service a row, a front-end a column.
fn by_service(servers: &[ServerView], heard: bool, now: Timestamp) -> AnyView {
    let heads = servers
        .iter()
        .map(|each| view! { <th role="columnheader" scope="col" class="mono">{each.name.clone()}</th> })
        .collect_view();
    let rows = Service::ALL
        .iter()
        .map(|service| {
            let cells = servers
                .iter()
                .map(|each| {
                    let state = state(stands(each, service.word(), heard), now);
                    let label = each.name.clone();
                    view! { <Cell label>{state}</Cell> }
                })
                .collect_view();
            let name = words::service(service.word());
            view! { <Row><RowHead>{name}</RowHead>{cells}</Row> }
        })
        .collect_view();
    table("Table of services", "Service", heads.into_any(), rows.into_any())
}

/// A front-end a row, a service a column.
fn by_front_end(servers: &[ServerView], heard: bool, now: Timestamp, label: &'static str) -> AnyView {
    let heads = Service::ALL
        .iter()
        .map(|each| view! { <th role="columnheader" scope="col">{words::service(each.word())}</th> })
        .collect_view();
    let rows = servers
        .iter()
        .map(|each| {
            let cells = Service::ALL
                .iter()
                .map(|service| {
                    let state = state(stands(each, service.word(), heard), now);
                    let label = words::service(service.word());
                    view! { <Cell label>{state}</Cell> }
                })
                .collect_view();
            let (href, name) = (format!("#{}", anchor(&each.key)), each.name.clone());
            view! { <Row><RowHead><a class="link mono" href=href>{name}</a></RowHead>{cells}</Row> }
        })
        .collect_view();
    table(label, "Front-end", heads.into_any(), rows.into_any())
}

fn table(label: &'static str, first: &'static str, heads: AnyView, rows: AnyView) -> AnyView {
    view! {
        <Scroll label>
            <table class="list stacks" role="table">
                <thead role="rowgroup"><tr role="row"><th role="columnheader" scope="col">{first}</th>{heads}</tr></thead>
                <tbody role="rowgroup">{rows}</tbody>
            </table>
        </Scroll>
    }
    .into_any()
}

fn state(stands: Stands, now: Timestamp) -> AnyView {
    match stands {
        Stands::NotReported => view! { <span class="dimmer">"Not reported"</span> }.into_any(),
        Stands::NotInstalled => view! { <span class="dimmer">"Not installed"</span> }.into_any(),
        Stands::Unknown(at) => {
            view! { <Tag tone=Tone::Bad icon=Icon::Question words="Unknown"/><span class="sub">"heard last "<When at now/></span> }.into_any()
        }
        Stands::Running(at, since) => {
            let since = since.map(|since| view! { ", running since "<When at=since now/> });
            let since = view! { <span class="sub">"heartbeat "<When at now/>{since}</span> };
            view! { <Tag tone=Tone::Ok icon=Icon::Check words="Running"/>{since} }.into_any()
        }
        Stands::Stopped(at) => {
            view! { <Tag tone=Tone::Bad icon=Icon::Cross words="Stopped"/><span class="sub">"last heartbeat "<When at now/></span> }.into_any()
        }
    }
}

/// The front-ends one by one.
pub(super) fn list(card: &EnvironmentCard, recorded: Option<&Architecture>, now: Timestamp) -> AnyView {
    let heard = heard(card);
    let all = card
        .servers
        .iter()
        .map(|each| {
            let recorded = recorded.and_then(|of| kept(of, &card.environment.key, &each.key));
            front_end(each, recorded, heard, now)
        })
        .collect_view();
    view! { <div class="fronts">{all}</div> }.into_any()
}

/// What is recorded of a front-end: its machine, data center, zones and capacity, as far as somebody wrote that down.
fn kept(of: &Architecture, environment: &str, server: &str) -> Option<AnyView> {
    let (_, place) = of.environments.iter().find(|(key, _)| key.as_str() == environment)?;
    let (_, front_end) = place.front_ends.iter().find(|(key, _)| key.as_str() == server)?;
    let center = front_end.data_center.as_ref().and_then(|key| of.data_centers.get(key));
    let zones: Vec<&str> = front_end
        .zones
        .iter()
        .filter_map(|key| place.zones.get(key))
        .map(|zone| zone.name.as_str())
        .collect();
    let cores = front_end.cores.map(|n| words::of(n.into(), "core", "cores"));
    let memory = front_end.memory_gib.map(|n| format!("{n} GiB"));
    let capacity: Vec<String> = cores.into_iter().chain(memory).collect();
    let lines = [
        ("Machine", front_end.host.as_ref().map(ToString::to_string)),
        ("System", front_end.system.as_ref().map(ToString::to_string)),
        ("Data center", center.map(|center| center.name.to_string())),
        ("Deployment zones", Some(if zones.is_empty() { "none".to_owned() } else { zones.join(", ") })),
        ("Capacity", (!capacity.is_empty()).then(|| capacity.join(", "))),
    ];
    let lines = lines
        .into_iter()
        .filter_map(|(title, text)| Some(view! { <dt>{title}</dt><dd>{text?}</dd> }))
        .collect_view();
    Some(view! { <dl class="kv">{lines}</dl> }.into_any())
}

fn front_end(each: &ServerView, recorded: Option<AnyView>, heard: bool, now: Timestamp) -> AnyView {
    let state = reachable(each);
    let role = if each.is_controller { "deployment controller and front-end" } else { "front-end" };
    let report = match &each.reported {
        None => view! { <p class="small dim">"Nothing was reported about it yet."</p> }.into_any(),
        Some(report) => reported(each, report, heard, now),
    };
    view! {
        <section class="front" id=anchor(&each.key)>
            <div class="row"><h3 class="mono">{each.name.clone()}</h3>{state}<span class="small dim">{role}</span></div>
            {report}
            {recorded}
        </section>
    }
    .into_any()
}

fn reported(each: &ServerView, report: &ServerReport, heard: bool, now: Timestamp) -> AnyView {
    let all: Vec<(String, Stands)> = Service::ALL
        .iter()
        .map(|service| (words::service(service.word()), stands(each, service.word(), heard)))
        .collect();
    let named = |of: &dyn Fn(Stands) -> bool| -> Option<String> {
        let names: Vec<&str> =
            all.iter().filter(|(_, stands)| of(*stands)).map(|(name, _)| name.as_str()).collect();
        (!names.is_empty()).then(|| names.join(", "))
    };
    let line = |title: &'static str, names: Option<String>| {
        names.map(|names| view! { <dt>{title}</dt><dd>{names}</dd> })
    };
    let running = line("Running", named(&|stands| matches!(stands, Stands::Running(..))));
    let unknown = line("Unknown", named(&|stands| matches!(stands, Stands::Unknown(_))));
    let missing = line("Not installed", named(&|stands| stands == Stands::NotInstalled));
    let unsaid = line("Not reported", named(&|stands| stands == Stands::NotReported));
    let stopped = all
        .iter()
        .filter_map(|(name, stands)| match stands {
            Stands::Stopped(at) => {
                let (name, at) = (name.clone(), *at);
                Some(view! { <dt>"Stopped"</dt><dd>{name}", last heartbeat "<When at now/></dd> })
            }
            _ => None,
        })
        .collect_view();
    let (address, shown) = (report.public_address.clone(), report.public_address.clone());
    view! {
        <dl class="kv">
            <dt>"Applications open at"</dt><dd><a class="link mono" href=address>{shown}</a></dd>
            {running}
            {stopped}
            {unknown}
            {missing}
            {unsaid}
            <dt>"Platform Server"</dt><dd>{report.version.clone()}</dd>
            <dt>"Reported"</dt><dd><When at=report.at now/></dd>
        </dl>
    }
    .into_any()
}

/// What is not as it should be in an environment that is heard, in one sentence that names it.
pub(super) fn impaired(card: &EnvironmentCard) -> String {
    let mut all = Vec::new();
    for server in &card.servers {
        let name = &server.name;
        match &server.reported {
            None => all.push(format!("nothing was reported about {name} yet")),
            Some(report) if !report.reachable => all.push(format!("{name} does not answer it")),
            Some(report) => {
                let stopped = report.services.iter().filter(|each| !each.running);
                all.extend(
                    stopped.map(|each| format!("{} stopped on {name}", words::service(&each.service))),
                );
                let waiting = report.applications.iter().filter(|each| !each.ready).count() as u64;
                if waiting > 0 {
                    let these = words::of(waiting, "application is", "applications are");
                    all.push(format!("{these} not ready on {name}"));
                }
            }
        }
    }
    let more = all.len().saturating_sub(TROUBLES);
    if more > 0 {
        all.truncate(TROUBLES);
        all.push(format!("{more} more is not as it should be"));
    }
    match &all[..] {
        [] => words::health_sentence(card.health).to_owned(),
        [only] => format!("The controller reported in time, but {only}."),
        [first @ .., last] => {
            format!("The controller reported in time, but {}, and {last}.", first.join(", "))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::architecture::words::Topology;
    use domain::environment::{Health, Purpose};
    use domain::id::{EnvironmentId, ServerId};
    use domain::protocol::ServiceStatus;
    use operations::view::{Count, EnvironmentRef, ServerApplication};

    fn service(name: &str, running: bool) -> ServiceStatus {
        ServiceStatus { service: name.to_owned(), running, since: Timestamp(7) }
    }

    fn server(name: &str, reported: Option<ServerReport>) -> ServerView {
        ServerView {
            id: ServerId(Default::default()),
            key: name.to_owned(),
            name: name.to_owned(),
            is_controller: false,
            enrolled_at: Some(Timestamp(1)),
            revoked_at: None,
            reported,
        }
    }

    fn report(reachable: bool, services: Vec<ServiceStatus>) -> ServerReport {
        ServerReport {
            at: Timestamp(9),
            reachable,
            version: "1.0.0".to_owned(),
            public_address: "http://one.example".to_owned(),
            services,
            applications: vec![],
        }
    }

    fn card(health: Health, servers: Vec<ServerView>) -> EnvironmentCard {
        EnvironmentCard {
            environment: EnvironmentRef {
                id: EnvironmentId(Default::default()),
                key: "prod".to_owned(),
                name: "Production".to_owned(),
                purpose: Purpose::Production,
            },
            topology: Topology::Farm,
            address: None,
            two_stage: false,
            health,
            unknown_since: None,
            heard_at: Some(Timestamp(9)),
            servers,
            applications: Count::default(),
            deploying: None,
            maintenance: None,
        }
    }

    #[test]
    fn a_service_is_what_the_last_report_says_of_it() {
        let both = vec![service("deployment", true), service("scheduler", false)];
        let (here, away) =
            (server("a", Some(report(true, both.clone()))), server("a", Some(report(false, both))));
        assert_eq!(stands(&here, "deployment", true), Stands::Running(Timestamp(9), Some(Timestamp(7))));
        assert_eq!(stands(&here, "scheduler", true), Stands::Stopped(Timestamp(7)));
        assert_eq!(stands(&here, "server_api", true), Stands::NotInstalled);
        assert_eq!(stands(&here, "deployment", false), Stands::Unknown(Timestamp(9)), "nothing is heard");
        assert_eq!(stands(&away, "scheduler", true), Stands::Unknown(Timestamp(9)), "it does not answer");
        assert_eq!(stands(&server("b", None), "scheduler", true), Stands::NotReported);
        let enrolled = server("b", Some(report(false, vec![])));
        assert_eq!(stands(&enrolled, "scheduler", true), Stands::NotReported, "it only enrolled");
    }

    #[test]
    fn what_is_impaired_is_named() {
        let mut third = report(true, vec![service("scheduler", false)]);
        let app = |ready| ServerApplication {
            key: "desk".to_owned(),
            revision: "0a".to_owned(),
            ready,
            addresses: vec![],
        };
        third.applications = vec![app(true), app(false)];
        let mut all = vec![
            server("one", Some(report(true, vec![service("deployment", true)]))),
            server("two", Some(report(false, vec![]))),
            server("three", Some(third)),
        ];
        assert_eq!(
            impaired(&card(Health::Impaired, all.clone())),
            "The controller reported in time, but two does not answer it, Scheduler stopped on three, and 1 application is not ready on three."
        );
        all.extend([server("four", None), server("five", None), server("six", None)]);
        assert!(
            impaired(&card(Health::Impaired, all)).ends_with("yet, and 2 more is not as it should be."),
            "a long list is summed up"
        );
    }

    #[test]
    fn the_table_is_there_for_any_number_of_front_ends() {
        let many = |n: usize| (0..n).map(|at| server(&format!("fe-{at}"), None)).collect::<Vec<_>>();
        let html = |n: usize| {
            services(&card(Health::NotEnrolled, many(n)), Timestamp(10)).map(|shown| shown.to_html())
        };
        assert!(html(0).is_none());
        let few = html(2).unwrap();
        assert!(few.contains("Server.Identity") && few.contains("Not reported"), "before anything came");
        assert!(!few.contains("href"));
        let turned = html(7).unwrap();
        assert_eq!(turned.matches("href=\"#front-fe-").count(), 7, "a front-end a row");
        assert!(!turned.contains("<details"));
        let folded = html(23).unwrap();
        assert!(folded.contains("Show 3 more"), "{folded}");
        assert_eq!(folded.matches("href=\"#front-fe-").count(), 23);
    }
}
