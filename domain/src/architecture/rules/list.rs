//! The rules. A number is never used for another rule.

use super::Severity::{Advice, Error, Warning};
use super::{Rule, RuleId, Severity, databases, facts, pipelines, reported, servers, structure};

type Check = fn(&facts::Facts<'_>, &mut facts::Found);

/// A rule at its words: what it asks for, why, what to do, where it comes from.
const fn rule(id: u8, severity: Severity, words: [&'static str; 4], check: Check) -> Rule {
    let [title, why, todo, source] = words;
    Rule { id: RuleId(id), severity, refuses: false, title, why, todo, source, check }
}

/// The same of a rule that refuses.
const fn law(id: u8, words: [&'static str; 4], check: Check) -> Rule {
    Rule { refuses: true, ..rule(id, Error, words, check) }
}

/// All rules, by their numbers.
pub static RULES: [Rule; 42] = [
    law(
        1,
        [
            "Whatever a part names is there.",
            "A part that is not there can be neither shown nor used.",
            "Name one that is there, or add it.",
            "D01",
        ],
        structure::references,
    ),
    law(
        2,
        [
            "The order of the environments names each of them once.",
            "The order is total: of two environments one comes first.",
            "Write each environment into the order once.",
            "R34",
        ],
        structure::order,
    ),
    law(
        3,
        [
            "Names are unique among their kind.",
            "Two parts of one name are mistaken for each other.",
            "Choose another name.",
            "R34",
        ],
        structure::names,
    ),
    law(
        4,
        [
            "The stages of a pipeline follow the order of the environments, each once.",
            "Applications climb in one direction only.",
            "Change the stages, or the order of the environments.",
            "E02",
        ],
        structure::stages,
    ),
    law(
        5,
        [
            "An environment has a default deployment zone.",
            "Applications that name no zone go there.",
            "Name a deployment zone of the environment as its default, or add it.",
            "R42",
        ],
        structure::default_zone,
    ),
    law(
        6,
        [
            "Distinct environments have distinct catalogs.",
            "Two users of one catalog destroy each other's data.",
            "Give the catalog another name or another database server.",
            "R39",
        ],
        structure::catalogs,
    ),
    law(
        7,
        [
            "The management environment is no stage of a pipeline.",
            "The console must not depend on what is promoted with it.",
            "Take it out of the pipeline.",
            "R35",
        ],
        structure::management_apart,
    ),
    rule(
        8,
        Error,
        [
            "A standalone environment has one front-end.",
            "Standalone means a single front-end with a single queue.",
            "Make the environment a farm, or leave it one front-end.",
            "R38",
        ],
        servers::standalone,
    ),
    rule(
        9,
        Error,
        [
            "A farm has at least two front-ends.",
            "One front-end alone neither shares load nor outlives a failure.",
            "Add a front-end, or make the environment standalone.",
            "R38",
        ],
        servers::farm_size,
    ),
    rule(
        10,
        Error,
        [
            "A farm has a load balancer.",
            "Nothing else spreads the requests over the front-ends.",
            "Record the load balancer, or make the environment standalone.",
            "R38",
        ],
        servers::farm_balancer,
    ),
    rule(
        11,
        Error,
        [
            "An environment has exactly one deployment controller.",
            "None leaves it without deployments; two would work against each other.",
            "Install the deployment controller service on one front-end and remove it from the others.",
            "R37",
        ],
        servers::one_controller,
    ),
    rule(
        12,
        Error,
        [
            "Every front-end has the deployment service.",
            "Without it no application reaches the front-end.",
            "Install the deployment service on it.",
            "R37",
        ],
        servers::deployment_everywhere,
    ),
    rule(
        13,
        Error,
        [
            "An environment has at least one scheduler.",
            "Timers, processes and e-mails wait until one runs.",
            "Install the scheduler service on a front-end.",
            "R37",
        ],
        servers::a_scheduler,
    ),
    rule(
        14,
        Error,
        [
            "Server.Identity is wherever Server.API is.",
            "Server.API takes nobody in whom Server.Identity has not signed in.",
            "Install Server.Identity beside Server.API.",
            "D11",
        ],
        servers::identity_with_api,
    ),
    rule(
        15,
        Error,
        [
            "The front-ends of an environment run one version of the Platform Server.",
            "An application that was built for one version may fail under another.",
            "Bring all front-ends to the same version.",
            "D26",
        ],
        servers::one_version,
    ),
    rule(
        16,
        Error,
        [
            "The console is at least as new as every environment.",
            "An older console does not know what a newer Platform Server says.",
            "Upgrade the management environment first.",
            "R36",
        ],
        servers::console_version,
    ),
    rule(
        17,
        Warning,
        [
            "Along a pipeline the Platform Server does not become older.",
            "What was built and tested under a newer version may be refused by an older one.",
            "Upgrade the later stage.",
            "D26",
        ],
        servers::version_along,
    ),
    rule(
        18,
        Warning,
        [
            "A front-end belongs to a deployment zone.",
            "No application is deployed to a front-end outside of all zones.",
            "Put it into a zone, or retire it.",
            "R42",
        ],
        servers::in_a_zone,
    ),
    rule(
        19,
        Warning,
        [
            "A deployment zone has a front-end.",
            "Timers and e-mails of the applications in it would not run.",
            "Put a front-end into it, or remove it.",
            "R42",
        ],
        servers::zone_with_servers,
    ),
    rule(
        20,
        Error,
        [
            "A server's address belongs to one front-end.",
            "One Platform Server would be counted twice.",
            "Correct the address, or remove the second entry.",
            "D13",
        ],
        servers::one_address,
    ),
    rule(
        21,
        Warning,
        [
            "The console's environment has machines of its own.",
            "Load and failures of applications would reach the console.",
            "Move the management server to a machine of its own.",
            "E09",
        ],
        servers::own_machine,
    ),
    rule(
        22,
        Error,
        [
            "An environment has a Platform, a Log and a Session catalog.",
            "The Platform Server keeps its data, its logs and its sessions apart.",
            "Record the catalogs that are missing.",
            "R39",
        ],
        databases::three_catalogs,
    ),
    rule(
        23,
        Error,
        [
            "A dedicated database server carries one environment.",
            "Dedicated means that nobody else's load and failures reach it.",
            "Record it as shared, or move the other catalogs.",
            "D14",
        ],
        databases::dedicated_is_alone,
    ),
    rule(
        24,
        Warning,
        [
            "Production has a dedicated database server.",
            "Load and failures of other environments would reach production.",
            "Give it a database server of its own.",
            "R39",
        ],
        databases::production_dedicated,
    ),
    rule(
        25,
        Advice,
        [
            "A farm has a dedicated database server.",
            "High demands on the front-ends are usually demands on the database.",
            "Consider a database server of its own.",
            "E07",
        ],
        databases::farm_dedicated,
    ),
    rule(
        26,
        Error,
        [
            "A standby replicates a primary of its own engine and carries no catalogs of its own.",
            "Only then can it take the primary's place.",
            "Name the right primary, or record it as a primary.",
            "E10",
        ],
        databases::sound_standby,
    ),
    rule(
        27,
        Warning,
        [
            "A standby stands in another data center than its primary.",
            "What takes one data center takes both.",
            "Move the standby to another data center.",
            "E10",
        ],
        databases::standby_elsewhere,
    ),
    rule(
        28,
        Warning,
        [
            "The database server of a mission-critical production has a standby.",
            "Without one its loss is an outage until a backup is restored.",
            "Add a standby of it.",
            "E05",
        ],
        databases::critical_standby,
    ),
    rule(
        29,
        Advice,
        [
            "Azure SQL is used from Azure.",
            "From elsewhere every query leaves the network, which costs time and needs a path.",
            "Check the network path, or choose an engine that stands beside the front-ends.",
            "document",
        ],
        databases::azure_elsewhere,
    ),
    rule(
        30,
        Warning,
        [
            "The front-ends of a mission-critical production stand in two data centers.",
            "The loss of one data center would be an outage.",
            "Spread the front-ends over two data centers, and record where each stands.",
            "E05",
        ],
        pipelines::critical_centers,
    ),
    rule(
        31,
        Warning,
        [
            "A mission-critical production is a farm.",
            "A single front-end is a single point of failure.",
            "Make it a farm behind a load balancer.",
            "E05",
        ],
        pipelines::critical_farm,
    ),
    rule(
        32,
        Warning,
        [
            "Production data under compliance lies on database servers of its pipeline only.",
            "Who looks after the other environments would reach sensitive data.",
            "Move one of them to another database server.",
            "E02",
        ],
        pipelines::compliance_apart,
    ),
    rule(
        33,
        Warning,
        [
            "There are at least a development, a test and a production environment.",
            "What is not developed and tested apart fails in front of its users.",
            "Add the environments that are missing.",
            "R40",
        ],
        pipelines::three_purposes,
    ),
    rule(
        34,
        Warning,
        [
            "A pipeline begins in development and ends in production.",
            "Applications are published at its beginning and used at its end.",
            "Add the stage that is missing.",
            "E02",
        ],
        pipelines::both_ends,
    ),
    rule(
        35,
        Warning,
        [
            "Along a pipeline come development, test, acceptance, production.",
            "What is used in earnest would come before it is tested.",
            "Change the stages, or the purpose of an environment.",
            "E02",
        ],
        pipelines::purposes_forward,
    ),
    rule(
        36,
        Advice,
        [
            "Every environment but management is a stage of a pipeline.",
            "Nothing is promoted to an environment outside of all pipelines.",
            "Make it a stage, or unregister it.",
            "E02",
        ],
        pipelines::in_a_pipeline,
    ),
    rule(
        37,
        Warning,
        [
            "The console has one management environment.",
            "It is looked after like any other: servers, catalogs, versions.",
            "Record the console's own environment once.",
            "E09",
        ],
        pipelines::one_management,
    ),
    rule(
        38,
        Warning,
        [
            "An environment is reached over HTTPS.",
            "Passwords and data could be read on the way.",
            "Give it a certificate and an https:// address.",
            "R35",
        ],
        pipelines::encrypted,
    ),
    rule(
        39,
        Error,
        [
            "Environments have addresses of their own.",
            "Users of one would work in the other.",
            "Correct the address of one of them.",
            "D01",
        ],
        pipelines::own_address,
    ),
    rule(
        40,
        Advice,
        [
            "A tool is reached over HTTPS.",
            "What the tool and the infrastructure tell each other could be read on the way.",
            "Use the https:// address of the tool.",
            "H04",
        ],
        pipelines::tool_encrypted,
    ),
    rule(
        41,
        Warning,
        [
            "A front-end reports the services that are recorded of it.",
            "What is recorded only does no work, and what is not recorded nobody counts on.",
            "Install the service or start its Platform Server anew, or correct what is recorded.",
            "R37",
        ],
        reported::services,
    ),
    rule(
        42,
        Advice,
        [
            "A front-end runs the version that is recorded of it.",
            "Who reads the record plans with a version that does not run.",
            "Correct what is recorded, or bring the front-end to that version.",
            "D26",
        ],
        reported::version,
    ),
];
