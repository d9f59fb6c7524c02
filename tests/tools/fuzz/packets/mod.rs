// SPDX-License-Identifier: GPL-2.0

//! The packet fuzzer: `fuzz class=NAME seed=N count=N ...` throws packets at links, at full speed.
//!
//! A class is a generator ([`classes`]) that makes the packets with a number from the seed and
//! that number alone, so that what failed is repeated by `only=N`, or by `first=N` with what came
//! behind it. What the kernel makes of the packets is not looked at here, but for the counters
//! ([`balance`]); that it lives on, and that links still carry what is good, is tested by
//! tests/rough/packets.sh, which sets up what is fuzzed.

mod balance;
mod carrier;
mod classes;
mod gtp;
mod ip;
mod net;
mod offload;
mod random;

use std::fs::File;
use std::io::{Seek, Write};
use std::os::fd::AsFd;
use std::path::Path;
use std::time::{Duration, Instant};

pub use balance::{begin, end, Balance};

use crate::args::{fail, unhex, usage, Args, Done};
use crate::ctx::Ctx;
use crate::{report, sys};
use carrier::Carriers;
use classes::{Seeds, CLASSES};
use random::Random;

/// Packets after which sockets are read, and the place is noted.
const STRETCH: u64 = 2048;
/// How often progress is told.
const PROGRESS: Duration = Duration::from_secs(30);

/// Opens a tun device that is not there before: `tun NAME ns= dev= [tap] [vnet] [napi] [frags]`.
pub fn tun(ctx: &mut Ctx, args: &mut Args) -> Done {
    let name = args.next("a name")?;
    let ns = args.take("ns");
    let dev = args.need("dev")?;
    let tap = args.flag("tap");
    let vnet = args.flag("vnet").then_some(offload::TUNNEL_LEN);
    let (napi, frags) = (args.flag("napi"), args.flag("frags"));
    let open = || sys::tun(&dev, tap, vnet, napi, frags);
    match crate::netns::within(ns.as_deref(), open)? {
        Ok(fd) => ctx.file(name, fd),
        Err(error) => return fail(format!("tun {dev}: {}", crate::errno::of(&error))),
    }
    Ok(())
}

/// The golden messages in a folder, in the order of their names.
fn golden(folder: &str) -> Done<Seeds> {
    let Ok(entries) = std::fs::read_dir(folder) else {
        return usage(format!("{folder}: not a folder"));
    };
    let mut paths: Vec<_> = entries.flatten().map(|entry| entry.path()).collect();
    paths.retain(|path| path.extension().is_some_and(|end| end == "hex"));
    paths.sort();
    let octets = |path: &Path| -> Done<Vec<u8>> {
        let text = std::fs::read_to_string(path).unwrap_or_default();
        let is_octets = |line: &&str| !line.starts_with('#') && !line.contains(':');
        unhex(&text.lines().filter(is_octets).collect::<String>())
    };
    let golden = paths
        .iter()
        .map(|path| octets(path))
        .collect::<Done<Vec<_>>>()?;
    if golden.is_empty() {
        return usage(format!("{folder}: no golden messages"));
    }
    Ok(Seeds { golden })
}

/// Reads all that has come to the sockets, and says how much it was.
fn read(ctx: &Ctx, names: &[String]) -> Done<u64> {
    let mut count = 0;
    for name in names {
        let fd = ctx.named(name)?.fd.as_fd();
        let mut wrong = 0;
        // A wrong checksum is told as an empty socket, so there may be more behind it.
        while wrong < 4 {
            match sys::skip(fd, 64) {
                Ok(0) | Err(_) => wrong += 1,
                Ok(read) => count += read as u64,
            }
        }
    }
    Ok(count)
}

/// Runs a class.
pub fn run(ctx: &mut Ctx, args: &mut Args) -> Done {
    let class = args.need("class")?;
    let seed = args.number("seed")?.unwrap_or(1);
    let count: u64 = args.number("count")?.unwrap_or(u64::MAX);
    let only: Option<u64> = args.number("only")?;
    let first = only.or(args.number("first")?).unwrap_or(0);
    let namespaces = [args.need("node")?, args.need("peer")?];
    let seeds = golden(&args.need("golden")?)?;
    let sockets = args.take("read").unwrap_or_default();
    let sockets: Vec<_> = sockets.split(',').map(str::to_string).collect();
    let show = args.flag("show");
    let mut place = args
        .take("place")
        .map(File::create)
        .transpose()
        .ok()
        .flatten();
    args.end()?;
    let Some(number_of_class) = CLASSES.iter().position(|(name, _)| *name == class) else {
        let names: Vec<_> = CLASSES.iter().map(|(name, _)| *name).collect();
        return usage(format!("class={class}: one of {}", names.join(" ")));
    };
    let (_, generator) = CLASSES[number_of_class];

    let [node, peer] = &namespaces;
    let mut carriers = Carriers::open(ctx, [node, peer])?;
    let begin = Instant::now();
    let mut told = begin;
    let (mut number, mut made, mut noted) = (first, 0, 0);
    let mut list = Vec::new();
    while made < count && only.is_none_or(|only| number == only) {
        if made >= noted {
            noted = made + STRETCH;
            carriers.flush();
            ctx.passed_up += read(ctx, &sockets)?;
            if let Some(file) = &mut place {
                // For whoever finds the machine dead; there is nothing to be done about an error.
                let _ = file.rewind();
                let _ = writeln!(file, "CLASSES={class} SEED={seed} FIRST={number:<12}");
            }
            if told.elapsed() >= PROGRESS {
                told = Instant::now();
                report::line(&format!(
                    "note\x1f{class}: {made} packets, at number {number}"
                ));
            }
        }
        let mut random = Random::new(seed, number_of_class as u64, number);
        generator(&seeds, &mut random, number, &mut list);
        made += list.len() as u64;
        for packet in list.drain(..) {
            if show {
                let (octets, cuts) = (crate::args::hex(&packet.octets), &packet.cuts);
                report::line(&format!(
                    "note\x1f{} {:?} {cuts:?} {octets}",
                    packet.side, packet.way
                ));
            }
            carriers.send(packet);
        }
        number += 1;
    }
    carriers.flush();
    ctx.passed_up += read(ctx, &sockets)?;
    let ms = begin.elapsed().as_millis().max(1) as u64;
    let tally = &carriers.tally;
    for (sum, sent) in ctx
        .sent
        .iter_mut()
        .flatten()
        .zip(tally.into.iter().flatten())
    {
        *sum += sent;
    }
    let good = tally.good.iter().flatten().flatten();
    for (sum, good) in ctx.good.iter_mut().flatten().flatten().zip(good) {
        *sum += good;
    }
    report::line(&format!(
        "note\x1f{class}: {made} packets from number {first} to {}, {} of them refused, {} a second",
        number - 1,
        tally.refused,
        made * 1000 / ms
    ));
    Ok(())
}

/// Where the names of links are, for the balance.
fn links(namespaces: &[String; 2]) -> impl Iterator<Item = (usize, usize, &str, &'static str)> {
    namespaces.iter().enumerate().flat_map(|(side, ns)| {
        let devices = net::DEVICES[side].into_iter().enumerate();
        devices.map(move |(link, dev)| (side, link, ns.as_str(), dev))
    })
}
