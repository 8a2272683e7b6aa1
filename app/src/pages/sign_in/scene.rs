//! The drawing behind the form: a flight of locks in section. It says nothing that the page needs.

use crate::prelude::*;

const FLIGHT: &str = concat!(
    r#"<path class="water" d="M-800 612H520V472H800V332H1080V192H2200V760H-800z"/>"#,
    r#"<path class="bed" d="M-800 668H548V528H828V388H1108V248H2200V760H-800z"/>"#,
    r#"<path class="stair" d="M-800 612H520V472H800V332H1080V192H2200"/>"#,
    r#"<g class="gates"><path class="gate" d="M520 440V640"/><path class="beam" d="M476 434l58 8"/>"#,
    r#"<path class="gate" d="M800 300V500"/><path class="beam" d="M756 294l58 8"/>"#,
    r#"<path class="gate" d="M1080 160V360"/><path class="beam" d="M1036 154l58 8"/></g>"#,
    r#"<g class="boat"><path class="hull" d="M588 458h118l14-10 4 2-12 30H600z"/><path class="cabin" d="M604 456v-20h52v20z"/>"#,
    r#"<circle class="port" cx="618" cy="446" r="4"/><circle class="port" cx="640" cy="446" r="4"/>"#,
    r#"<path class="rope" d="M722 449Q742 380 757 296"/></g>"#,
    r#"<g class="rip"><path d="M560 484h22M738 489h34M668 506h50M980 346h40M1040 354h24M900 344h30M1290 206h44M1340 220h60"#,
    r#"M1190 204h30M250 628h40M340 636h26M420 627h50M410 648h30M60 628h24"/></g>"#,
    r#"<g class="names"><text x="566" y="512">Test</text><text x="846" y="372">Acceptance</text>"#,
    r#"<text x="1126" y="232">Production</text><text x="96" y="651">Development</text></g>"#,
);

/// The drawing.
#[component]
pub fn Scene() -> impl IntoView {
    view! {
        <div class="scene">
            <svg class="flight" viewBox="0 0 1360 700" preserveAspectRatio="xMidYMax slice" aria-hidden="true" focusable="false" inner_html=FLIGHT></svg>
        </div>
    }
}
