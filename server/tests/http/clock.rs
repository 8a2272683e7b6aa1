//! The clock of tests is in a program of tests alone.

use std::path::Path;

/// What names the file that the test program's clock reads.
const SWITCH: &[u8] = b"TOWPATH_TEST_CLOCK_FILE";

fn has(program: &Path) -> bool {
    let bytes = std::fs::read(program).unwrap_or_else(|error| panic!("{}: {error}", program.display()));
    bytes.windows(SWITCH.len()).any(|part| part == SWITCH)
}

#[test]
fn what_people_install_has_no_switch_for_its_clock() {
    let console = Path::new(env!("CARGO_BIN_EXE_towpath"));
    let ahead = console.parent().unwrap().join("examples/towpath_ahead");
    assert!(has(&ahead), "the program of the tests has it, so that this test can fail");
    assert!(!has(console));
}
