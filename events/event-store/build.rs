//! Cargo does not see that `sqlx::migrate!` reads a directory outside the crate.

fn main() {
    println!("cargo:rerun-if-changed=../../migrations");
}
