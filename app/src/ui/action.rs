//! Things that act: buttons and links that look like buttons. What cannot be done now is shown with its reason.

use super::Glyph;
use crate::prelude::*;
use crate::view::icons::Icon;
use operations::view::{Possible, Refusal};

/// How much a button asks for attention.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Kind {
    /// One of several.
    #[default]
    Plain,
    /// What this page is for.
    Go,
    /// Takes something away.
    Bad,
    /// In the background.
    Quiet,
    /// Small, in a row of a table.
    Tiny,
}

impl Kind {
    const fn class(self) -> &'static str {
        match self {
            Self::Plain => "btn",
            Self::Go => "btn go",
            Self::Bad => "btn bad",
            Self::Quiet => "btn quiet",
            Self::Tiny => "btn tiny",
        }
    }
}

/// A button of a form. If it is not possible it stays in the order of the keyboard, does nothing, and says why.
#[component]
pub fn Button(
    #[prop(into)] words: String,
    #[prop(optional)] kind: Kind,
    #[prop(optional)] icon: Option<Icon>,
    /// Whether it can be done now; the reason stands beside the button.
    #[prop(default = Ok(()))]
    possible: Possible,
    /// Unique in the page; needed where it may be refused.
    #[prop(optional, into)]
    id: Option<String>,
    /// Name and value that the button adds to its form.
    #[prop(optional, into)]
    sends: Option<(String, String)>,
    /// Words for a screen reader, where `words` alone would not say what about.
    #[prop(optional, into)]
    label: Option<String>,
) -> impl IntoView {
    let (name, value) = sends.unzip();
    let icon = icon.map(|icon| view! { <Glyph icon/> });
    match possible {
        Ok(()) => view! {
            <button class=kind.class() type="submit" id=id name=name value=value aria-label=label>{icon}{words}</button>
        }
        .into_any(),
        Err(refusal) => {
            let why = format!("{}-why", id.clone().unwrap_or_else(|| "button".to_owned()));
            view! {
                <span class="refused">
                    <button class=kind.class() type="button" id=id aria-disabled="true" aria-describedby=why.clone() aria-label=label>
                        {icon}{words}
                    </button>
                    <Why refusals=vec![refusal] id=why/>
                </span>
            }
            .into_any()
        }
    }
}

/// A link that looks like a button; if it is not possible it leads nowhere and says why.
#[component]
pub fn LinkButton(
    #[prop(into)] words: String,
    #[prop(into)] href: String,
    #[prop(optional)] kind: Kind,
    #[prop(optional)] icon: Option<Icon>,
    #[prop(default = Ok(()))] possible: Possible,
    /// Unique in the page; needed where it may be refused.
    #[prop(optional, into)]
    id: Option<String>,
    /// Words for a screen reader, where `words` alone would not say what about.
    #[prop(optional, into)]
    label: Option<String>,
) -> impl IntoView {
    let icon = icon.map(|icon| view! { <Glyph icon/> });
    match possible {
        Ok(()) => {
            view! { <a class=kind.class() href=href id=id aria-label=label>{icon}{words}</a> }.into_any()
        }
        Err(refusal) => {
            let why = format!("{}-why", id.clone().unwrap_or_else(|| "link".to_owned()));
            // A link without an address, kept in the order of the keyboard so that its reason is found.
            view! {
                <span class="refused">
                    <a class=kind.class() role="link" tabindex="0" id=id aria-disabled="true" aria-describedby=why.clone() aria-label=label>
                        {icon}{words}
                    </a>
                    <Why refusals=vec![refusal] id=why/>
                </span>
            }
            .into_any()
        }
    }
}

/// Why something cannot be done now, and who or what lifts it.
#[component]
pub fn Why(refusals: Vec<Refusal>, #[prop(into)] id: String) -> impl IntoView {
    view! {
        <span class="why" id=id>
            {refusals
                .into_iter()
                .map(|refusal| view! { <span>{refusal.sentence}" "<span class="lift">{refusal.lifted_by}</span></span> })
                .collect_view()}
        </span>
    }
}
