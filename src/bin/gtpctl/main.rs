// SPDX-License-Identifier: GPL-2.0

//! `gtpctl`: links and PDP contexts of the GTP-U driver from the command line.
//!
//! Options come from clap. What follows them are words in the manner of `ip`:
//! keywords and values in any order, taken apart in `words` and its users.
//!
//! Exit status: 0 done, 1 the command line (or a line of a batch) is wrong,
//! 2 the kernel refused.

mod batch;
mod echo;
mod failure;
mod foreground;
mod link;
mod listing;
mod monitor;
mod names;
mod outer;
mod output;
mod path;
mod pdp;
mod route;
mod words;

use clap::{
    error::ErrorKind,
    Args,
    Parser,
    Subcommand, //
};
use failure::{
    Failure,
    Outcome, //
};
use gtp::client::{
    netns,
    NewMode, //
};
use output::Format;
use std::process::ExitCode;

/// Manage links and PDP contexts of the GTP-U driver.
#[derive(Debug, Parser)]
#[command(name = "gtpctl", version, arg_required_else_help = true)]
struct Arguments {
    /// Work in this network namespace: a name of `ip netns`, or a path
    #[arg(short = 'n', long, global = true, value_name = "NETNS")]
    netns: Option<String>,

    /// Print JSON
    #[arg(short = 'j', long, global = true)]
    json: bool,

    #[command(subcommand)]
    object: Object,
}

/// What a command is about.
#[derive(Debug, Subcommand)]
enum Object {
    /// Links: interfaces of kind gtp
    #[command(subcommand)]
    Link(LinkVerb),

    /// PDP contexts: one tunnel each
    #[command(subcommand)]
    Pdp(PdpVerb),

    /// Paths to peers
    #[command(subcommand)]
    Path(PathVerb),

    /// Framed routes: prefixes behind mobile stations
    #[command(subcommand)]
    Route(RouteVerb),

    /// Print what happens to PDP contexts, routes and paths, Echo Responses, Error
    /// Indications and End Markers
    Monitor(MonitorOptions),

    /// Send one Echo Request from the kernel's socket
    #[command(after_help = echo::HELP)]
    Echo(Words),
}

/// What is to be done with a link.
#[derive(Debug, Subcommand)]
enum LinkVerb {
    /// Make a link
    #[command(after_help = link::ADD_HELP)]
    Add(Words),

    /// Remove a link
    #[command(visible_alias = "delete", after_help = "Words: [dev] NAME")]
    Del(Words),

    /// Change what the outer headers of a link say
    #[command(after_help = format!("Words: [dev] NAME, then in any order:\n{}", outer::HELP))]
    Set(Words),

    /// Show one link, or all
    #[command(visible_aliases = ["list", "ls"], after_help = "Words: [[dev] NAME]")]
    Show(Words),
}

/// What is to be done with PDP contexts.
#[derive(Debug, Subcommand)]
enum PdpVerb {
    /// Make a PDP context that does not exist
    #[command(after_help = pdp::ADD_HELP)]
    Add(Words),

    /// Make a PDP context, or change the one with its key in place
    #[command(after_help = format!("{}\n\n{}", pdp::UPDATE_HELP, pdp::ADD_HELP))]
    Update(Words),

    /// Make a PDP context, or replace the one with its key at once
    #[command(after_help = pdp::ADD_HELP)]
    Replace(Words),

    /// Remove a PDP context
    #[command(visible_alias = "delete", after_help = pdp::KEY_HELP)]
    Del(Words),

    /// Show one PDP context
    #[command(after_help = pdp::KEY_HELP)]
    Get(ShowOptions),

    /// Send an End Marker on the tunnel of a PDP context, now
    #[command(after_help = pdp::KEY_HELP)]
    EndMarker(Words),

    /// Show the PDP contexts of one link, or of all
    #[command(visible_aliases = ["show", "ls"], after_help = "Words: [dev NAME | ifindex N]")]
    List(ShowOptions),

    /// Add and remove very many PDP contexts
    #[command(after_help = batch::HELP)]
    Batch(BatchOptions),
}

/// What is to be done with paths.
#[derive(Debug, Subcommand)]
enum PathVerb {
    /// Show the paths of one link, or of all: where supervision says so, whether
    /// the peer answers, and how fast
    #[command(visible_aliases = ["show", "ls"], after_help = "Words: [dev NAME | ifindex N]")]
    List(Words),
}

/// What is to be done with framed routes.
#[derive(Debug, Subcommand)]
enum RouteVerb {
    /// Make a route for a prefix that has none
    #[command(after_help = route::ADD_HELP)]
    Add(Words),

    /// Make a route, or change the one for its prefix at once
    #[command(after_help = route::ADD_HELP)]
    Replace(Words),

    /// Remove a route
    #[command(visible_alias = "delete", after_help = route::KEY_HELP)]
    Del(Words),

    /// Show the route for exactly one prefix
    #[command(after_help = route::KEY_HELP)]
    Get(Words),

    /// Show the routes of one link, or of all
    #[command(visible_aliases = ["show", "ls"], after_help = "Words: [dev NAME | ifindex N]")]
    List(Words),
}

/// Keywords and values.
#[derive(Debug, Args)]
struct Words {
    /// Keywords and values in any order, see below
    #[arg(value_name = "WORD", allow_negative_numbers = true)]
    words: Vec<String>,
}

impl Words {
    /// Returns the words as the parsers want them.
    fn as_strs(&self) -> Vec<&str> {
        self.words.iter().map(String::as_str).collect()
    }
}

/// Options of `pdp get` and `pdp list`.
#[derive(Debug, Args)]
struct ShowOptions {
    /// Show what the contexts have carried too, on links that count it
    #[arg(short, long)]
    stats: bool,

    #[command(flatten)]
    words: Words,
}

/// Options of `monitor`.
#[derive(Debug, Args)]
struct MonitorOptions {
    /// Stop after so many events, with status 2 if they could not all be printed
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    count: Option<u64>,

    /// Stop after so many seconds, with status 2 if --count has not been met
    #[arg(long, value_name = "SECONDS", value_parser = words::seconds)]
    timeout: Option<std::time::Duration>,
}

/// Options of `pdp batch`.
#[derive(Debug, Args)]
struct BatchOptions {
    /// File to read; - is the standard input
    #[arg(value_name = "FILE")]
    file: String,

    /// Go on after a line that fails
    #[arg(long = "continue")]
    go_on: bool,

    /// Messages to hand to the kernel at once: 1 stops exactly at a line that
    /// fails, many are fast
    #[arg(long, value_name = "N", default_value_t = 512,
          value_parser = clap::value_parser!(u32).range(1..=65536))]
    per_send: u32,
}

fn main() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => {
            let asked_for = matches!(
                error.kind(),
                ErrorKind::DisplayHelp | ErrorKind::DisplayVersion
            );
            // Where even this cannot be printed, nobody is there to be told.
            let _ = error.print();
            return ExitCode::from(u8::from(!asked_for));
        }
    };

    match run(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failure.report(),
    }
}

/// Does what the command line says.
fn run(arguments: &Arguments) -> Outcome {
    let format = if arguments.json {
        Format::Json
    } else {
        Format::Text
    };

    // Words are checked before anything is touched, the namespace included.
    match &arguments.object {
        Object::Link(LinkVerb::Add(words)) => {
            let request = link::Add::parse(&words.as_strs())?;
            enter(arguments)?;
            request.run(format)
        }
        Object::Link(LinkVerb::Del(words)) => {
            let name = link::name(&words.as_strs())?.ok_or_else(|| Failure::usage("no NAME"))?;
            enter(arguments)?;
            link::del(&name)
        }
        Object::Link(LinkVerb::Set(words)) => {
            let request = link::Set::parse(&words.as_strs())?;
            enter(arguments)?;
            request.run()
        }
        Object::Link(LinkVerb::Show(words)) => {
            let name = link::name(&words.as_strs())?;
            enter(arguments)?;
            link::show(name.as_deref(), format)
        }
        Object::Path(PathVerb::List(words)) => {
            let words = words.as_strs();
            let link = pdp::list_words(&words)?;
            enter(arguments)?;
            path::list(link.as_ref(), format)
        }
        Object::Pdp(PdpVerb::Add(words)) => add(arguments, words, NewMode::Exclusive),
        Object::Pdp(PdpVerb::Update(words)) => add(arguments, words, NewMode::Update),
        Object::Pdp(PdpVerb::Replace(words)) => add(arguments, words, NewMode::Replace),
        Object::Pdp(PdpVerb::Del(words)) => {
            let words = words.as_strs();
            let request = pdp::KeyWords::parse(&words)?;
            enter(arguments)?;
            pdp::del(&request)
        }
        Object::Pdp(PdpVerb::Get(options)) => {
            let words = options.words.as_strs();
            let request = pdp::KeyWords::parse(&words)?;
            enter(arguments)?;
            pdp::get(&request, options.stats, format)
        }
        Object::Pdp(PdpVerb::EndMarker(words)) => {
            let words = words.as_strs();
            let request = pdp::KeyWords::parse(&words)?;
            enter(arguments)?;
            pdp::end_marker(&request)
        }
        Object::Pdp(PdpVerb::List(options)) => {
            let words = options.words.as_strs();
            let request = pdp::list_words(&words)?;
            enter(arguments)?;
            pdp::list(request.as_ref(), options.stats, format)
        }
        Object::Pdp(PdpVerb::Batch(options)) => {
            let input = batch::open(&options.file)?;
            enter(arguments)?;
            batch::run(input, options.per_send, options.go_on, format)
        }
        Object::Route(verb) => route(arguments, verb, format),
        Object::Monitor(options) => {
            enter(arguments)?;
            monitor::run(options.count, options.timeout, format)
        }
        Object::Echo(words) => {
            let words = words.as_strs();
            let request = echo::Request::parse(&words)?;
            enter(arguments)?;
            request.run(format)
        }
    }
}

/// Does something with framed routes.
fn route(arguments: &Arguments, verb: &RouteVerb, format: Format) -> Outcome {
    let (RouteVerb::Add(words)
    | RouteVerb::Replace(words)
    | RouteVerb::Del(words)
    | RouteVerb::Get(words)
    | RouteVerb::List(words)) = verb;
    let words = words.as_strs();
    let request = match verb {
        RouteVerb::Add(_) | RouteVerb::Replace(_) => route::RouteWords::parse_add(&words)?,
        RouteVerb::Del(_) | RouteVerb::Get(_) => route::RouteWords::parse_key(&words)?,
        RouteVerb::List(_) => route::RouteWords::parse_list(&words)?,
    };
    enter(arguments)?;
    match verb {
        RouteVerb::Add(_) => route::add(&request, false),
        RouteVerb::Replace(_) => route::add(&request, true),
        RouteVerb::Del(_) => route::del(&request),
        RouteVerb::Get(_) => route::get(&request, format),
        RouteVerb::List(_) => route::list(&request, format),
    }
}

/// Makes a PDP context.
fn add(arguments: &Arguments, words: &Words, mode: NewMode) -> Outcome {
    let words = words.as_strs();
    let request = pdp::AddWords::parse(&words)?;
    let mode = request.mode(mode)?;
    enter(arguments)?;
    pdp::add(&request, mode)
}

/// Enters the network namespace of `--netns`.
fn enter(arguments: &Arguments) -> Outcome {
    if let Some(name) = &arguments.netns {
        netns::enter(netns::open(name)?)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_well_formed() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn options_may_stand_anywhere() {
        for line in [
            "gtpctl -n left --json pdp add dev gtp0 ms 10.0.0.1",
            "gtpctl pdp -j add dev gtp0 ms 10.0.0.1 -n left",
            "gtpctl pdp add dev gtp0 --json ms 10.0.0.1 --netns left",
        ] {
            let arguments = Arguments::try_parse_from(line.split(' ')).unwrap();
            assert!(arguments.json);
            assert_eq!(arguments.netns.as_deref(), Some("left"));
            let Object::Pdp(PdpVerb::Add(words)) = arguments.object else {
                panic!("{line}");
            };
            assert_eq!(words.as_strs(), ["dev", "gtp0", "ms", "10.0.0.1"]);
        }
    }

    #[test]
    fn a_batch_has_bounds() {
        let parse = |line: &str| Arguments::try_parse_from(line.split(' '));
        assert!(parse("gtpctl pdp batch - --per-send 0").is_err());
        assert!(parse("gtpctl pdp batch - --per-send 65537").is_err());
        assert!(parse("gtpctl pdp batch - --continue").is_ok());
        assert!(parse("gtpctl pdp batch").is_err());
    }
}
