//! What the front-ends of an infrastructure report, as the rules lay it beside what is recorded.

use crate::column::row;
use crate::error::StoreError;
use crate::statement::{all, args, statements};
use crate::transaction::Reader;
use domain::architecture::rules::{FrontEndReport, Reported};
use domain::id::{EnvironmentId, InfrastructureId};
use domain::protocol::ServiceStatus;
use domain::text::Key;
use domain::time::Timestamp;

row! {
    struct ReportRow {
        environment: Key,
        server: Key,
        version: String,
        reachable: bool,
        services: String,
    }
}

// A state without a boot is what a Platform Server said when it enrolled; its controller has not told of it yet.
macro_rules! reports {
    () => {
        "select e.key as environment, s.key as server, t.version, t.reachable, t.services from environment e \
         join server s on s.environment_id = e.id join server_state t on t.server_id = s.id \
         join server c on c.environment_id = e.id and c.is_controller join server_state h on h.server_id = c.id \
         where e.infrastructure_id = $1 and h.seen_at >= $2 and h.boot_id <> '' and t.boot_id <> ''"
    };
}

statements! {
    REPORTS = reports!();
    REPORTS_FOR = reports!(), " and (e.id = $3 or e.purpose = 'management')";
}

/// What the front-ends of the environments report whose controllers were heard since; `only` for what concerns one environment: its own and
/// those of the management environments. The console's own version is not filled in.
///
/// # Errors
/// The driver's own.
pub async fn reported(
    tx: &mut impl Reader,
    infrastructure: InfrastructureId,
    since: Timestamp,
    only: Option<EnvironmentId>,
) -> Result<Reported, StoreError> {
    let rows: Vec<ReportRow> = match only {
        None => all(tx, &REPORTS, args![infrastructure, since]).await?,
        Some(environment) => all(tx, &REPORTS_FOR, args![infrastructure, since, environment]).await?,
    };
    let mut reported = Reported::nothing();
    for row in rows {
        let said: Vec<ServiceStatus> = serde_json::from_str(&row.services).unwrap_or_default();
        // A service of a later version of the Platform Server is none that could be recorded here.
        let services = said.iter().filter_map(|status| status.service.parse().ok()).collect();
        let report =
            FrontEndReport { version: row.version.parse().ok(), services: row.reachable.then_some(services) };
        reported.front_ends.insert((row.environment, row.server), report);
    }
    Ok(reported)
}
