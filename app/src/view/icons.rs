//! The drawings of states and things, each in one place: a sheet of symbols stands once in every page, and icons refer to it.

use std::fmt::Write as _;

macro_rules! icons {
    ($($(#[$doc:meta])* $name:ident = $id:literal: $drawing:literal),* $(,)?) => {
        /// A drawing, 24 by 24, in the colour of the text around it.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Icon {$($(#[$doc])* $name),*}

        impl Icon {
            /// All of them.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];

            /// The symbol's id in the sheet.
            #[must_use]
            pub const fn id(self) -> &'static str {
                match self {$(Self::$name => concat!("i-", $id)),*}
            }

            const fn drawing(self) -> &'static str {
                match self {$(Self::$name => $drawing),*}
            }
        }
    };
}

icons! {
    /// The product: a flight of locks.
    Lock = "lock": r#"<path d="M2 19h6v-4h4v-4h4V7h6" stroke-width="2.4"/><path d="M2 22h20" stroke-width="2" opacity=".45"/>"#,
    /// Applications by environments.
    Grid = "grid": r#"<path d="M4 4h16v16H4zM4 10h16M10 4v16"/>"#,
    /// A plan.
    Plan = "plan": r#"<path d="M6 3h9l4 4v14H6zM15 3v4h4M9 12h7M9 16h5"/>"#,
    /// Pipelines.
    Flow = "flow": r#"<circle cx="5" cy="6" r="2.2"/><circle cx="19" cy="6" r="2.2"/><circle cx="19" cy="18" r="2.2"/><path d="M7.2 6h9.6M7 7.5l10 9"/>"#,
    /// What something is made of.
    Layers = "layers": r#"<path d="M12 3.500 3 8.500l9 5 9-5zM3 12.500l9 5 9-5M3 16.500l9 5 9-5"/>"#,
    /// A database server.
    Database = "database": r#"<ellipse cx="12" cy="6" rx="7.500" ry="3"/><path d="M4.500 6v12c0 1.700 3.400 3 7.500 3s7.500-1.300 7.500-3V6M4.500 12c0 1.700 3.400 3 7.500 3s7.500-1.300 7.500-3"/>"#,
    /// A deployment; on the way up.
    Up = "up": r#"<path d="M12 19V5M6 11l6-6 6 6"/>"#,
    /// To the next.
    Right = "right": r#"<path d="M5 12h14M13 6l6 6-6 6"/>"#,
    /// Back.
    Left = "left": r#"<path d="M19 12H5M11 6l-6 6 6 6"/>"#,
    /// Opens.
    Down = "down": r#"<path d="m6 9 6 6 6-6"/>"#,
    /// As it should be.
    Check = "check": r#"<path d="M5 12.5 10 17 19 7"/>"#,
    /// Failed, refused.
    Cross = "cross": r#"<path d="M6 6l12 12M18 6 6 18"/>"#,
    /// Needs a look.
    Alert = "alert": r#"<path d="M12 4 2.5 20h19zM12 10v4M12 17v.5"/>"#,
    /// Waits.
    Clock = "clock": r#"<circle cx="12" cy="12" r="8.5"/><path d="M12 7v5l3.5 2"/>"#,
    /// A server.
    Server = "server": r#"<rect x="4" y="4" width="16" height="7" rx="1.5"/><rect x="4" y="13" width="16" height="7" rx="1.5"/><path d="M8 7.5h.01M8 16.5h.01"/>"#,
    /// People.
    People = "people": r#"<circle cx="9" cy="8" r="3.5"/><path d="M2.5 20c.5-4 3-6 6.5-6s6 2 6.500 6M16 5a3.500 3.500 0 0 1 0 6.500M18 14.500c2 .8 3.200 2.600 3.500 5.500"/>"#,
    /// One person.
    Person = "person": r#"<circle cx="12" cy="8" r="3.5"/><path d="M5 20c.6-4.200 3.200-6.300 7-6.300s6.400 2.100 7 6.300"/>"#,
    /// What somebody may do.
    Badge = "badge": r#"<path d="M12 3.500 19 6v5.500c0 4.300-2.800 7.300-7 9-4.200-1.700-7-4.700-7-9V6z"/>"#,
    /// The record.
    Book = "book": r#"<path d="M5 4h11a3 3 0 0 1 3 3v13H8a3 3 0 0 1-3-3zM5 17a3 3 0 0 1 3-3h11"/>"#,
    /// Search.
    Search = "search": r#"<circle cx="11" cy="11" r="6.500"/><path d="m16 16 4.500 4.500"/>"#,
    /// Not possible.
    Ban = "ban": r#"<circle cx="12" cy="12" r="8.500"/><path d="M6 6l12 12"/>"#,
    /// A package.
    Package = "package": r#"<path d="M4 8l8-4 8 4v8l-8 4-8-4zM4 8l8 4 8-4M12 12v8"/>"#,
    /// A tag.
    Tag = "tag": r#"<path d="M4 4h8l8 8-8 8-8-8zM8.500 8.500h.01"/>"#,
    /// Out of the door.
    Out = "out": r#"<path d="M14 4H5v16h9M10 12h10M16.500 8.500 20 12l-3.500 3.500"/>"#,
    /// Opens elsewhere.
    Open = "open": r#"<path d="M13 5h6v6M19 5l-8 8M17 14v5H5V7h5"/>"#,
    /// To know.
    Info = "info": r#"<circle cx="12" cy="12" r="8.500"/><path d="M12 11v5M12 8v.2"/>"#,
    /// Unknown.
    Question = "question": r#"<circle cx="12" cy="12" r="8.500"/><path d="M9.500 9.500a2.500 2.500 0 1 1 3.500 2.300c-.7.300-1 .8-1 1.700M12 16.500v.3"/>"#,
    /// Not yet.
    Circle = "circle": r#"<circle cx="12" cy="12" r="7"/>"#,
    /// Nothing to do.
    Minus = "minus": r#"<path d="M6 12h12"/>"#,
    /// One more.
    Plus = "plus": r#"<path d="M12 5v14M5 12h14"/>"#,
    /// A step back.
    Back = "back": r#"<path d="M9 14 4 9l5-5M4 9h10a6 6 0 0 1 0 12h-3"/>"#,
    /// Two that are joined.
    Link = "link": r#"<path d="M10 14a4 4 0 0 0 6 0l3-3a4 4 0 0 0-6-6l-1 1M14 10a4 4 0 0 0-6 0l-3 3a4 4 0 0 0 6 6l1-1"/>"#,
    /// A grant.
    Key = "key": r#"<circle cx="8" cy="15.500" r="4"/><path d="M11 12.500 19.500 4M16 7.500l3 3M13.500 10l2 2"/>"#,
    /// A session.
    Screen = "screen": r#"<rect x="3.500" y="5" width="17" height="11" rx="1.500"/><path d="M9 20h6"/>"#,
    /// Looked at before it is done.
    Eye = "eye": r#"<path d="M2.500 12C5 7.500 8.200 5.500 12 5.500s7 2 9.500 6.500c-2.500 4.500-5.700 6.500-9.500 6.500S5 16.500 2.500 12z"/><circle cx="12" cy="12" r="2.800"/>"#,
    /// Less.
    Fall = "fall": r#"<path d="M12 5v14M6 13l6 6 6-6"/>"#,
    /// More of one and less of another.
    Differ = "differ": r#"<path d="M8 19V5M4 9l4-4 4 4M16 5v14M12 15l4 4 4-4"/>"#,
    /// Closed; the product's own sign is `Lock`.
    Padlock = "padlock": r#"<rect x="5" y="11" width="14" height="9" rx="1.5"/><path d="M8 11V8a4 4 0 0 1 8 0v3"/>"#,
    /// To a machine.
    Download = "download": r#"<path d="M12 4v11M7 11l5 5 5-5M5 20h14"/>"#,
}

/// The symbols of all icons, for the inside of one hidden `<svg>` on each page.
#[must_use]
pub fn sheet() -> String {
    let mut out = String::new();
    for icon in Icon::ALL {
        // Writing into a string cannot fail.
        let _ = write!(out, r#"<symbol id="{}" viewBox="0 0 24 24">{}</symbol>"#, icon.id(), icon.drawing());
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_icon_has_one_symbol() {
        let sheet = sheet();
        for icon in Icon::ALL {
            let opening = format!(r#"<symbol id="{}""#, icon.id());
            assert_eq!(sheet.matches(&opening).count(), 1, "{opening}");
        }
        assert!(!sheet.contains("style="));
    }
}
