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

/// The choices, beginning with none, and the refusals.
fn parted(roles: Vec<RoleChoice>) -> (Vec<Choice>, Vec<Refusal>) {
    let mut choices = vec![Choice::new("", "Choose a role")];
    let mut refused = Vec::new();
    for RoleChoice { role, give } in roles {
        match give {
            Ok(()) => choices.push(Choice::new(role.id.to_string(), role.name)),
            Err(refusal) => refused.push(refusal),
        }
    }
    (choices, refused)
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
