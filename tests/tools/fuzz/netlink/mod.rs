// SPDX-License-Identifier: GPL-2.0

//! `gtptest fuzz netlink`: random requests, and a model that knows what must come of them.
//!
//! ```text
//! gtptest fuzz netlink [mode=exact|shared] [driver=rust|c] [seed=N] [count=N] [threads=N]
//!                      [thread=N] [links=N] [shrink=0]
//! ```
//!
//! `exact`: each thread works in namespaces of its own, on links of its own, and every answer,
//! notification and table must be the model's. What a thread does depends on the seed and its
//! number alone, so `seed=S thread=T count=K` repeats it. A failure is printed with the operations
//! before it, and again with as few as are needed (unless `shrink=0`).
//!
//! `shared`: threads share links and keys, so that only what holds in every order is checked; see
//! [`shared`].
//!
//! `count` is for all threads together, `links` how many operations in a thousand are about links
//! and sockets. The last line on success is `operations N`.

mod exact;
mod generate;
mod kernel;
mod model;
mod op;
mod shared;

use std::process::ExitCode;

use crate::args::{usage, Args, Done, Stop};
use exact::{Counts, Failure, Plan};
use model::Driver;

/// Takes the seeds of threads apart.
const STRIDE: u64 = 0x9e37_79b9_7f4a_7c15;

/// What was asked for.
struct Job {
    shared: bool,
    driver: Driver,
    seed: u64,
    count: u64,
    threads: u64,
    thread: Option<u64>,
    links: u32,
    shrink: bool,
}

fn parse(words: &[String]) -> Done<Job> {
    let mut args = Args::new(words.to_vec());
    if args.next("netlink")? != "netlink" {
        return usage("fuzz netlink");
    }
    let shared = match args.take("mode").as_deref() {
        None | Some("exact") => false,
        Some("shared") => true,
        Some(mode) => return usage(format!("{mode}: no such mode")),
    };
    let driver = match args.take("driver").as_deref() {
        None | Some("rust") => Driver::Rust,
        Some("c") => Driver::C,
        Some(driver) => return usage(format!("{driver}: no such driver")),
    };
    let thread = args.number("thread")?;
    let job = Job {
        shared,
        driver,
        seed: args.number("seed")?.unwrap_or(1),
        count: args.number("count")?.unwrap_or(10_000),
        threads: args.number("threads")?.unwrap_or(1).clamp(1, 64),
        thread,
        links: args.number("links")?.unwrap_or(30).min(1000),
        shrink: args.number::<u8>("shrink")? != Some(0),
    };
    args.end()?;
    Ok(job)
}

/// Runs the job; status 0 when all was as it must be, 1 when not, 2 when the job is wrong.
pub fn run(words: &[String]) -> ExitCode {
    let job = match parse(words) {
        Ok(job) => job,
        Err(Stop::Usage(text) | Stop::Fail(text) | Stop::Skip(text)) => {
            eprintln!("{text}");
            return ExitCode::from(2);
        }
    };
    let counts = if job.shared {
        shared::run(job.driver, job.seed, job.count, job.threads).map_err(|text| {
            println!("seed={} mode=shared: {text}", job.seed);
        })
    } else {
        exactly(&job)
    };
    let Ok(counts) = counts else {
        return ExitCode::FAILURE;
    };
    let mut line = String::new();
    let mut last = "";
    for ((what, error), count) in &counts {
        if what != last && !line.is_empty() {
            println!("{line}");
            line.clear();
        }
        if line.is_empty() {
            line = format!("{what}:");
        }
        line += &format!(" {error} {count}");
        last = what;
    }
    println!("{line}");
    println!("operations {}", counts.values().sum::<u64>());
    ExitCode::SUCCESS
}

fn exactly(job: &Job) -> Result<Counts, ()> {
    let threads: Vec<u64> = match job.thread {
        Some(thread) => vec![thread],
        None => (0..job.threads).collect(),
    };
    let plan = |thread: u64| Plan {
        driver: job.driver,
        seed: job.seed.wrapping_add(thread.wrapping_mul(STRIDE)),
        count: job.count.div_ceil(threads.len() as u64),
        links: job.links,
    };
    let results: Vec<(u64, Result<Counts, Failure>)> = std::thread::scope(|scope| {
        let running: Vec<_> = threads
            .iter()
            .map(|thread| (*thread, scope.spawn(move || exact::run(&plan(*thread)))))
            .collect();
        running
            .into_iter()
            .map(|(thread, running)| {
                let result = running.join().unwrap_or_else(|_| {
                    Err(Failure {
                        ops: Vec::new(),
                        text: "the thread has panicked".to_string(),
                    })
                });
                (thread, result)
            })
            .collect()
    });
    let mut all = Counts::new();
    let mut failed = false;
    for (thread, result) in results {
        match result {
            Ok(counts) => {
                for (what, count) in counts {
                    *all.entry(what).or_default() += count;
                }
            }
            Err(failure) => {
                report(job, thread, &failure, !failed);
                failed = true;
            }
        }
    }
    if failed {
        Err(())
    } else {
        Ok(all)
    }
}

/// Prints a failure, how to repeat it, and the shortest way to it.
fn report(job: &Job, thread: u64, failure: &Failure, first: bool) {
    let driver = match job.driver {
        Driver::Rust => "rust",
        Driver::C => "c",
    };
    println!(
        "FAILED at operation {}: gtptest fuzz netlink driver={driver} seed={} thread={thread} count={} links={}",
        failure.ops.len(),
        job.seed,
        failure.ops.len(),
        job.links
    );
    for line in failure.lines() {
        println!("  {line}");
    }
    if !job.shrink || !first {
        return;
    }
    match failure.shrink(job.driver) {
        None => println!("It does not show when it is repeated alone."),
        Some(shorter) => {
            println!("It takes {} operations to see:", shorter.ops.len());
            for line in shorter.lines() {
                println!("  {line}");
            }
        }
    }
}
