//! Who may see what, as SQL (design 6). The same rule as `domain::access::Standing::effective`; a test compares the two over generated
//! cases.
//!
//! In every statement that uses these fragments `$1` is the user and `$2` the infrastructure.
//!
//! Their own aliases begin with `v`, so that none of them hides an alias of the statement.
//!
//! The role that counts for an application is the grant's, else the team's, else the default one. An environment where the default role
//! gives nothing is closed whatever the others give. Narrowing (level 6 by team or grant acts as 5, level 1 as 0)
//! never touches the rights to list and to monitor, so it needs no SQL.

/// The bit of `Right::Access`, checked against the domain by a test.
macro_rules! access_bit {
    () => {
        "1"
    };
}
/// The bit of `Right::List`, checked against the domain by a test.
macro_rules! list_bit {
    () => {
        "2"
    };
}
/// The bit of `Right::Monitor`, checked against the domain by a test.
macro_rules! monitor_bit {
    () => {
        "4"
    };
}

/// Joins the default role of the user as `ur`; without one there are no rows (R25).
macro_rules! with_default_role {
    () => {
        " join user_role ur on ur.user_id = $1 and ur.infrastructure_id = $2 "
    };
}

/// The user may see that an environment is there: its default role gives Access. Takes the environment's id.
macro_rules! may_access {
    ($environment:literal) => {
        concat!(
            " exists (select 1 from role_right va where va.role_id = ur.role_id and va.environment_id = ",
            $environment,
            " and (va.rights & ",
            $crate::visibility::access_bit!(),
            ") <> 0) "
        )
    };
}

/// The role that counts for an application. Takes the application's id.
macro_rules! role_for {
    ($application:literal) => {
        concat!(
            " coalesce((select vg.role_id from application_grant vg where vg.user_id = $1 and vg.application_id = ",
            $application,
            "), (select vm.role_id from team_application vt join team_member vm on vm.team_id = vt.team_id and vm.user_id = $1",
            " where vt.application_id = ",
            $application,
            "), ur.role_id) "
        )
    };
}

/// The user has a right on an application in an environment. Takes the name of the right's bit, and both ids.
macro_rules! holds {
    ($bit:ident, $application:literal, $environment:literal) => {
        concat!(
            " exists (select 1 from role_right vd join role_right ve on ve.environment_id = vd.environment_id",
            " where vd.role_id = ur.role_id and vd.rights <> 0 and vd.environment_id = ",
            $environment,
            " and ve.role_id = ",
            $crate::visibility::role_for!($application),
            " and (ve.rights & ",
            $crate::visibility::$bit!(),
            ") <> 0) "
        )
    };
}

/// The user may list an application in an environment. Takes both ids.
macro_rules! may_list {
    ($application:literal, $environment:literal) => {
        $crate::visibility::holds!(list_bit, $application, $environment)
    };
}

/// The user may see health and logs of an application in an environment, and so plan it from there (R08). Takes both ids.
macro_rules! may_monitor {
    ($application:literal, $environment:literal) => {
        $crate::visibility::holds!(monitor_bit, $application, $environment)
    };
}

/// The user may list an application in some environment. Takes the application's id.
macro_rules! may_see {
    ($application:literal) => {
        concat!(
            " exists (select 1 from role_right vd join role_right ve on ve.environment_id = vd.environment_id",
            " where vd.role_id = ur.role_id and vd.rights <> 0 and ve.role_id = ",
            $crate::visibility::role_for!($application),
            " and (ve.rights & ",
            $crate::visibility::list_bit!(),
            ") <> 0) "
        )
    };
}

pub(crate) use {
    access_bit, holds, list_bit, may_access, may_list, may_monitor, may_see, monitor_bit, role_for,
    with_default_role,
};

#[cfg(test)]
mod tests {
    use domain::access::{Right, Rights};

    #[test]
    fn bits_are_those_of_the_domain() {
        assert_eq!(access_bit!(), Rights::of(&[Right::Access]).bits().to_string());
        assert_eq!(list_bit!(), Rights::of(&[Right::List]).bits().to_string());
        assert_eq!(monitor_bit!(), Rights::of(&[Right::Monitor]).bits().to_string());
    }

    #[test]
    fn narrowing_never_touches_the_rights_to_list_and_to_monitor() {
        for bits in 0..1024 {
            let rights = Rights::from_bits(bits);
            for right in [Right::List, Right::Monitor] {
                assert_eq!(rights.has(right), rights.narrowed().has(right), "{bits}");
            }
        }
    }
}
