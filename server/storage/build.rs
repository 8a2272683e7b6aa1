//! A changed migration rebuilds the crate, since `sqlx::migrate!` embeds the files.
fn main() {
    println!("cargo:rerun-if-changed=../../migrations");
}
