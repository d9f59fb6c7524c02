// SPDX-License-Identifier: GPL-2.0

//! `gtptest`: the packet and netlink side of the selftests, which shell cannot do.
//!
//! It shares no code with the driver, the codec or the client library, so that a mistake made
//! there is not made here as well: every octet it sends or compares is written down by hand.
//!
//! `gtptest run [FILE]` reads a script of statements, one a line, and reports its tests on
//! stdout (see [`report`]); `gtptest VERB ARG...` runs a single statement and prints what came of
//! it; `gtptest loop` repeats statements beside other things that go on, `gtptest stream` is for
//! benchmarks, `gtptest fuzz` makes random requests and knows what must come of them (see [`fuzz`]);
//! `gtptest help` lists the verbs. One process runs many checks, because starting a process is what
//! takes the time in an emulated machine.

mod args;
mod array;
mod attr;
mod ctx;
mod dump;
mod errno;
mod extack;
mod fault;
mod fuzz;
mod genl;
mod help;
mod inet;
mod layer;
mod link;
mod netlink;
mod netns;
mod packet;
mod pdp;
mod raw;
mod report;
mod script;
mod soak;
mod socket;
mod spec;
mod stats;
mod stream;
mod sys;
mod usage;

use std::process::ExitCode;

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    match args.split_first() {
        Some((verb, _)) if verb == "help" => {
            print!("{}", help::TEXT);
            ExitCode::SUCCESS
        }
        Some((verb, rest)) if verb == "stream" => stream::run(rest),
        Some((verb, rest)) if verb == "beside" => stream::run_beside(rest),
        Some((verb, rest)) if verb == "soak" => soak::run(rest),
        Some((verb, rest))
            if verb == "fuzz" && rest.first().is_some_and(|word| word == "netlink") =>
        {
            fuzz::netlink::run(rest)
        }
        Some((verb, rest)) if verb == "loop" => script::repeat(rest),
        Some((verb, rest)) if verb == "run" => script::run(rest.first().map(String::as_str)),
        Some(_) => script::once(args),
        None => {
            eprint!("{}", help::TEXT);
            ExitCode::from(2)
        }
    }
}
