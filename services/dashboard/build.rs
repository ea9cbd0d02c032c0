//! Embeds the page anew when `cargo xtask web` has built it. While there is none, the missing folder makes Cargo look each time.

fn main() {
    println!("cargo::rerun-if-changed=ui/dist");
}
