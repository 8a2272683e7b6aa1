//! The choice of a default role.

use super::{Choice, Select, Why};
use crate::prelude::*;
use operations::view::{Refusal, RoleChoice};

/// A choice among the roles that may be given (R28); beneath it, why the others may not. In a form it is called `role`.
#[component]
pub fn RoleSelect(
    /// All roles.
    roles: Vec<RoleChoice>,
    /// The chosen role.
    value: Option<String>,
    problem: Option<String>,
    /// What the role counts for.
    #[prop(into)]
    help: String,
) -> impl IntoView {
    let (choices, refused) = parted(roles);
    view! {
        <Select label="Default role" name="role" choices value problem help/>
        {(!refused.is_empty()).then(|| view! { <Why refusals=refused id="refused-roles"/> })}
    }
}

/// What a choice begins with where nothing is chosen yet: nobody gets the first role of a list by mistake.
#[must_use]
pub fn no_role() -> Choice {
    Choice::new("", "Choose a role")
}

/// The roles that may be given, for a choice.
#[must_use]
pub fn role_choices(roles: &[RoleChoice]) -> Vec<Choice> {
    let may = roles.iter().filter(|choice| choice.give.is_ok());
    may.map(|choice| Choice::new(choice.role.id.to_string(), &choice.role.name)).collect()
}

/// The same where nothing is chosen yet.
#[must_use]
pub fn new_role_choices(roles: &[RoleChoice]) -> Vec<Choice> {
    std::iter::once(no_role()).chain(role_choices(roles)).collect()
}

/// The choices, beginning with none, and the refusals.
fn parted(roles: Vec<RoleChoice>) -> (Vec<Choice>, Vec<Refusal>) {
    let choices = new_role_choices(&roles);
    (choices, roles.into_iter().filter_map(|choice| choice.give.err()).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::id::RoleId;
    use operations::view::RoleRef;

    #[test]
    fn what_may_not_be_given_is_no_choice_but_a_reason() {
        let id: RoleId = "0190a6e2-0000-7000-8000-000000000001".parse().unwrap();
        let choice = |name: &str, give| RoleChoice { role: RoleRef { id, name: name.to_owned() }, give };
        let why = Refusal { sentence: "It has more.".to_owned(), lifted_by: "Somebody.".to_owned() };
        let (choices, refused) =
            parted(vec![choice("Reader", Ok(())), choice("Administrator", Err(why.clone()))]);
        assert_eq!(choices, [Choice::new("", "Choose a role"), Choice::new(id.to_string(), "Reader")]);
        assert_eq!(refused, [why]);
    }
}
