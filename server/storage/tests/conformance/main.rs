//! What the store promises, each behaviour once, on both databases.
//!
//! A case takes a [`world::World`] and knows nothing of the database behind it. On SQLite each case is a test of its own. On
//! PostgreSQL all cases run in one test, each on a database of its own, so that one throw-away server serves them all even where every
//! test is a process.

mod access;
mod applications;
mod architecture;
mod audit;
mod checks;
mod constraints;
mod engine;
mod events;
mod found;
mod gates;
mod lists;
mod maintenance;
mod people;
mod pipelines;
mod profile;
mod questions;
mod rules;
mod second_factors;
mod sessions;
mod settings;
mod tokens;
mod transactions;
mod values;
mod visibility;
mod world;

use std::future::Future;
use std::pin::Pin;
use world::World;

type Case = (&'static str, fn(World) -> Pin<Box<dyn Future<Output = ()>>>);

macro_rules! cases {
    ($($module:ident { $($case:ident),+ $(,)? })+) => {
        mod on_sqlite {
            $(mod $module {
                $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $case() {
                    crate::$module::$case(crate::world::World::sqlite().await).await;
                })+
            })+
        }

        const CASES: &[Case] = &[$($((concat!(stringify!($module), "::", stringify!($case)), |world| {
            Box::pin($module::$case(world))
        })),+),+];
    };
}

cases! {
    access {
        users_are_found_by_what_people_know,
        users_change,
        roles_change_and_go,
        a_role_that_is_held_stays,
        teams_and_their_members,
        grants_replace_and_go,
        everything_narrower_of_a_user,
        a_held_role_is_counted_by_one_at_a_time,
        holdings_are_each_combination_once,
        teams_that_one_manages,
    }
    applications {
        an_application_is_blocked_once,
        what_is_retired_is_in_no_list,
        places_are_remembered,
        a_version_goes_where_nothing_keeps_it,
        who_may_use_an_application,
    }
    architecture {
        templates_are_stored_and_grow,
        every_part_comes_changes_and_goes,
        what_is_made_by_itself_has_an_architecture,
        what_is_used_is_known,
        findings_are_accepted,
    }
    audit {
        entries_are_chained_as_the_domain_says,
        many_sequencers_make_one_chain,
        nothing_is_changed_or_removed,
        filters_and_scopes,
        one_objects_history,
        a_search_goes_on_where_it_stopped,
    }
    checks { a_check_is_kept_for_its_place, tools_are_claimed_once, an_address_is_found_elsewhere }
    constraints { unique_sets, references, checks, missing_values }
    engine {
        claims_go_by_turn_and_by_environment,
        two_nodes_never_claim_the_same,
        independent_ones_run_at_once_up_to_the_limit,
        two_nodes_never_claim_over_the_limit_or_what_depends,
        leases_expire_and_fences_hold,
        a_restarted_node_frees_its_own,
        steps_and_lines,
        an_ending_frees_the_environment,
        the_first_decision_counts,
        the_run_plan_is_never_changed,
    }
    events { a_line_is_written_once_and_the_newest_comes_first }
    found {
        applications_are_found_with_their_team,
        people_are_found_with_their_roles,
    }
    gates {
        gates_stand_before_their_environments,
        people_are_counted_and_known,
        what_waits_for_whom,
        parked_runs_are_passed_by_what_does_not_touch_them,
        the_last_result_counts,
        a_review_is_open_until_it_is_closed_and_opens_again,
    }
    lists {
        paging_has_no_gaps_or_doubles,
        counters_stop,
        search_is_literal,
        differences_follow_the_state,
        consumers_are_found_and_how_they_stand_is_kept,
        marks_are_checked,
        words_of_names_are_found,
    }
    maintenance { maintenance_is_on_once }
    pipelines { applications_belong_to_one_pipeline }
    people { standing_is_what_was_stored, users_and_enrolments, servers_and_states }
    profile {
        preferences_and_their_rule,
        user_names_that_look_alike_are_found,
        tables_of_rights_are_paged_and_searched,
    }
    questions { questions_are_answered_once }
    rules { every_rule_holds_and_is_broken_as_stored }
    second_factors { links_are_used_once, open_links_are_listed, steps_and_codes_count_once, what_a_role_asks_for }
    tokens { accounts_are_no_people, tokens_live_and_end }
    settings { values_of_environments_plans_and_deployments }
    sessions { idle_and_absolute_ends, attempts_and_devices_are_counted, nonces_are_remembered_once }
    transactions {
        a_commit_keeps_change_entry_and_notice,
        dropping_keeps_nothing,
        a_beginning_that_is_given_up_leaves_nothing_open,
        a_failure_keeps_nothing,
        refusals_stand_alone,
        many_writers,
        notices_reach_every_node_in_order,
        readers_see_one_moment,
        the_clock,
        migrating_again_changes_nothing,
    }
    values { booleans_come_back, everything_comes_back, a_broken_value_is_named }
    visibility { lists_follow_the_domain }
}

#[test]
fn on_postgres() {
    let mut failed = Vec::new();
    for some in CASES.chunks(4) {
        let running: Vec<_> = some
            .iter()
            .map(|(name, case)| {
                let run = move || {
                    let runtime = tokio::runtime::Runtime::new().unwrap();
                    runtime.block_on(async { case(World::postgres().await).await });
                };
                (name, std::thread::Builder::new().name((*name).to_owned()).spawn(run).unwrap())
            })
            .collect();
        for (name, running) in running {
            if running.join().is_err() {
                failed.push(*name);
            }
        }
    }
    assert!(failed.is_empty(), "on PostgreSQL: {}", failed.join(", "));
}
