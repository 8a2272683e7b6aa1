//! Makes the content of an element like that of another, changing as little as possible: nodes that stay keep focus, scroll
//! and what was typed or opened.

use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Element, Node};

/// Makes the children of `old` like those of `new`.
///
/// # Errors
/// What the browser refuses.
pub fn children(old: &Node, new: &Node) -> Result<(), JsValue> {
    let mut here = old.first_child();
    let fresh = new.child_nodes();
    for index in 0..fresh.length() {
        let Some(wanted) = fresh.item(index) else { continue };
        match find(here.as_ref(), &wanted) {
            Some(found) => {
                if here.as_ref().is_some_and(|node| node.is_same_node(Some(&found))) {
                    here = found.next_sibling();
                } else {
                    old.insert_before(&found, here.as_ref())?;
                }
                node(&found, &wanted)?;
            }
            None => {
                old.insert_before(&wanted.clone_node_with_deep(true)?, here.as_ref())?;
            }
        }
    }
    while let Some(surplus) = here {
        here = surplus.next_sibling();
        old.remove_child(&surplus)?;
    }
    Ok(())
}

/// The node that `wanted` is the new form of: the next one if it is alike, or one further on with the same id.
fn find(here: Option<&Node>, wanted: &Node) -> Option<Node> {
    let here = here?;
    if alike(here, wanted) {
        return Some(here.clone());
    }
    if id(wanted).is_empty() {
        return None;
    }
    let mut next = here.next_sibling();
    while let Some(node) = next {
        if alike(&node, wanted) {
            return Some(node);
        }
        next = node.next_sibling();
    }
    None
}

fn alike(a: &Node, b: &Node) -> bool {
    a.node_type() == b.node_type() && a.node_name() == b.node_name() && id(a) == id(b)
}

fn id(node: &Node) -> String {
    node.dyn_ref::<Element>().map(Element::id).unwrap_or_default()
}

fn node(old: &Node, new: &Node) -> Result<(), JsValue> {
    match (old.dyn_ref::<Element>(), new.dyn_ref::<Element>()) {
        (Some(old), Some(new)) => {
            // An island looks after its own content.
            if old.tag_name().eq_ignore_ascii_case("leptos-island") {
                return Ok(());
            }
            attributes(old, new)?;
            children(old, new)
        }
        _ => {
            if old.node_value() != new.node_value() {
                old.set_node_value(new.node_value().as_deref());
            }
            Ok(())
        }
    }
}

/// Attributes of fields are what they begin with, not what was typed; so all may be taken over but `open`, which people choose.
fn attributes(old: &Element, new: &Element) -> Result<(), JsValue> {
    let people_choose = |name: &str| name == "open" && old.tag_name() == "DETAILS";
    let wanted = new.attributes();
    for index in 0..wanted.length() {
        let Some(attribute) = wanted.item(index) else { continue };
        let (name, value) = (attribute.name(), attribute.value());
        if !people_choose(&name) && old.get_attribute(&name).as_deref() != Some(value.as_str()) {
            old.set_attribute(&name, &value)?;
        }
    }
    let names = old.get_attribute_names();
    for name in names.iter().filter_map(|name| name.as_string()) {
        if !people_choose(&name) && !new.has_attribute(&name) {
            old.remove_attribute(&name)?;
        }
    }
    Ok(())
}
