//! What the service answers with.

use crate::About;
use crate::tide::{level, rising};
use std::fmt::Write;

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

fn json_text(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            c if c.is_control() => out.push(' '),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

/// The figures for programs.
pub fn json(about: &About, now: f64) -> String {
    format!(
        r#"{{"application":"tides","version":{},"environment":{},"server":{},"release":{},"harbour":{},"level_metres":{:.3},"rising":{}}}"#,
        json_text(&about.version),
        json_text(&about.environment),
        json_text(&about.server),
        json_text(&about.release),
        json_text(&about.harbour),
        level(now),
        rising(now)
    )
}

/// The curve from six hours ago to eighteen hours ahead, as points of a 480 × 120 picture.
fn curve(now: f64) -> String {
    (0..=96).fold(String::new(), |mut points, quarter| {
        let height = level(now + f64::from(quarter - 24) * 900.0);
        let _ = write!(points, "{},{:.1} ", quarter * 5, 120.0 - height / 5.0 * 110.0);
        points
    })
}

/// The page for people.
pub fn html(about: &About, now: f64) -> String {
    let points = curve(now);
    format!(
        r#"<!doctype html>
<html lang="en">
<head>
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <title>{name}</title>
  <link rel="icon" href="data:,">
  <link rel="stylesheet" href="/harbour-theme/theme.css">
</head>
<body>
  <header class="mast"><div class="mast__in">
    <h1>{name}</h1>
    <p>How high the water stands in the basin of {harbour}.</p>
  </div></header>
  <main>
    <ul class="cards">
      <li class="card"><h2>Water now</h2><div class="figure">{now_level:.2} m</div><p>above the sill</p></li>
      <li class="card"><h2>Direction</h2><div class="figure">{direction}</div><p>by the moon and the sun</p></li>
    </ul>
    <figure class="card" style="margin:0">
      <svg viewBox="0 0 480 120" role="img" aria-label="The water from six hours ago to eighteen hours ahead" style="width:100%;height:auto;display:block">
        <polygon points="0,120 {points}480,120" fill="var(--water)" opacity=".18"/>
        <polyline points="{points}" fill="none" stroke="var(--water)" stroke-width="2.5"/>
        <line x1="120" y1="0" x2="120" y2="120" stroke="var(--ink)" stroke-dasharray="3 4"/>
      </svg>
      <figcaption>The dashed line is now; a day is the whole width.</figcaption>
    </figure>
  </main>
  <footer><span><b>{name}</b> <span data-version>{version}</span></span><span data-release>{environment} · {server} · {release}</span></footer>
</body>
</html>
"#,
        name = escape(&about.name),
        harbour = escape(&about.harbour),
        now_level = level(now),
        direction = if rising(now) { "Rising" } else { "Falling" },
        version = escape(&about.version),
        environment = escape(&about.environment),
        server = escape(&about.server),
        release = escape(about.release.get(..8).unwrap_or(&about.release)),
    )
}
