//! What the drawing shows, as lists: pipelines with their stages, environments with what they stand on, database servers.

use super::answers;
use crate::context::Place;
use crate::prelude::*;
use crate::ui::StateTag;
use crate::view::words;
use domain::architecture::Architecture;
use domain::architecture::model::{DatabaseServer, Environment};
use domain::text::Key;
use operations::view::PipelinesPage;

/// The lists.
pub(super) fn shown(place: &Place, page: &PipelinesPage) -> AnyView {
    let architecture = &page.architecture;
    let pipelines = architecture
        .pipelines
        .iter()
        .map(|(key, pipeline)| {
            let purposes: Vec<&str> = pipeline.purposes.iter().map(|purpose| purpose.label()).collect();
            let purposes =
                if purposes.is_empty() { String::new() } else { format!(" ({})", purposes.join(", ")) };
            let stages = pipeline
                .stages
                .iter()
                .filter_map(|key| architecture.environments.get_key_value(key))
                .map(|(key, one)| view! { <li>{environment_link(place, key, one)}</li> })
                .collect_view();
            let href = place.address(&format!("/pipelines/{key}"));
            view! { <li><a class="link" href=href><b>{pipeline.name.to_string()}</b></a>{purposes}<ol>{stages}</ol></li> }
        })
        .collect_view();
    let environments = architecture
        .in_order()
        .into_iter()
        .map(|(key, one)| environment(place, page, key, one))
        .collect_view();
    let servers = architecture
        .database_servers
        .iter()
        .map(|(key, one)| database_server(architecture, key, one))
        .collect_view();
    let any = !architecture.database_servers.is_empty();
    view! {
        <div class="parts">
            {(!architecture.pipelines.is_empty()).then(|| view! { <section><h3>"Pipelines"</h3><ul>{pipelines}</ul></section> })}
            <section><h3>"Environments"</h3><ul>{environments}</ul></section>
            {any.then(|| view! { <section><h3>"Database servers"</h3><ul>{servers}</ul></section> })}
        </div>
    }
}

/// What one environment stands on, as lists.
pub(crate) fn of_environment(place: &Place, page: &PipelinesPage, key: &str) -> Option<AnyView> {
    let architecture = &page.architecture;
    let (key, one) = architecture.environments.iter().find(|(each, _)| each.as_str() == key)?;
    let used = one.database_servers();
    let stands = |(server, of): &(&Key, &DatabaseServer)| {
        used.contains(server) || of.standby_of.as_ref().is_some_and(|primary| used.contains(primary))
    };
    let servers = architecture
        .database_servers
        .iter()
        .filter(stands)
        .map(|(key, one)| database_server(architecture, key, one))
        .collect_view();
    let any = !used.is_empty();
    let itself = environment(place, page, key, one);
    Some(
        view! {
            <div class="parts">
                <section><h3>"Environment"</h3><ul>{itself}</ul></section>
                {any.then(|| view! { <section><h3>"Database servers"</h3><ul>{servers}</ul></section> })}
            </div>
        }
        .into_any(),
    )
}

fn environment_link(place: &Place, key: &Key, one: &Environment) -> AnyView {
    let href = place.address(&format!("/environments/{key}"));
    view! { <a class="link" href=href>{one.name.to_string()}</a> }
}

fn environment(place: &Place, page: &PipelinesPage, key: &Key, one: &Environment) -> AnyView {
    let architecture = &page.architecture;
    let state =
        page.states.get(key.as_str()).map(|health| view! { " "<StateTag look=words::health(*health)/> });
    let pipelines: Vec<String> =
        architecture.pipelines_of(key).map(|(_, pipeline)| format!("“{}”", pipeline.name)).collect();
    let stands = if pipelines.is_empty() {
        "in no pipeline".to_owned()
    } else {
        format!("a stage of {}", pipelines.join(", "))
    };
    let about = format!("{}, {}, {stands}", words::purpose(one.purpose), one.topology);
    let balancer = one.load_balancer.as_ref().map(|balancer| {
        let said = format!("Load balancer {}", balancer.name);
        view! { <li>{said}</li> }
    });
    let front_ends = one
        .front_ends
        .iter()
        .map(|(server, front_end)| {
            let look = answers(page, &format!("environments/{key}/front_ends/{server}"));
            let center =
                front_end.data_center.as_ref().and_then(|center| architecture.data_centers.get(center));
            let center = center.map(|center| format!(", in {}", center.name)).unwrap_or_default();
            let said = format!("Front-end {}{center} ", front_end.name);
            view! { <li>{said}<StateTag look/></li> }
        })
        .collect_view();
    let catalogs = one
        .catalogs
        .iter()
        .map(|(kind, catalog)| {
            let server = architecture.database_servers.get(&catalog.database_server);
            let server =
                server.map_or_else(|| catalog.database_server.to_string(), |server| server.name.to_string());
            let said = format!("{kind} catalog {} on {server}", catalog.name);
            view! { <li>{said}</li> }
        })
        .collect_view();
    let externals = one
        .external_databases
        .values()
        .map(|database| {
            let said = format!("External database {}, {}", database.name, database.engine);
            view! { <li>{said}</li> }
        })
        .collect_view();
    view! {
        <li>
            {environment_link(place, key, one)}{state}
            <span class="sub">{about}</span>
            <ul>{balancer}{front_ends}{catalogs}{externals}</ul>
        </li>
    }
}

fn database_server(architecture: &Architecture, key: &Key, one: &DatabaseServer) -> AnyView {
    let primary = one.standby_of.as_ref().map(|primary| {
        let named = architecture.database_servers.get(primary);
        named.map_or_else(|| primary.to_string(), |primary| primary.name.to_string())
    });
    let about = match primary {
        Some(primary) => format!("{}, standby of {primary}", one.engine),
        None => format!("{}, {}", one.engine, one.sharing),
    };
    let carried: Vec<String> = architecture
        .in_order()
        .into_iter()
        .filter_map(|(_, environment)| {
            let of: Vec<&str> = environment
                .catalogs
                .iter()
                .filter(|(_, catalog)| catalog.database_server == *key)
                .map(|(kind, _)| kind.label())
                .collect();
            (!of.is_empty()).then(|| format!("{} of {}", of.join(", "), environment.name))
        })
        .collect();
    let carries = (!carried.is_empty()).then(|| {
        let said = format!("It carries {}.", carried.join("; "));
        view! { <span class="sub">{said}</span> }
    });
    view! { <li><b>{one.name.to_string()}</b><span class="sub">{about}</span>{carries}</li> }
}
