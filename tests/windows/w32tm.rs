//! Stands in for `w32tm.exe`, which Wine lacks: prints the contents of the file beside it.

use std::process::exit;

fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    if args != ["/query", "/status"] {
        exit(87);
    }
    let answer = std::env::current_exe().unwrap().with_file_name("w32tm.txt");
    match std::fs::read_to_string(answer) {
        Ok(text) => print!("{text}"),
        // The exit code for a service that is not running.
        Err(_) => exit(-2_147_023_834),
    }
}
