//! What the program writes in a pipe, command by command, as `transcripts/*.trycmd` shows it. Wall times are left out there as `[..]`.
//! After a change of the output: `TRYCMD=overwrite cargo test -p harness --test transcripts`, and read every line.

#[test]
fn transcripts() {
    trycmd::TestCases::new()
        .env("NO_COLOR", "1")
        .default_bin_name("colony-sim")
        .case("tests/transcripts/*.trycmd");
}
