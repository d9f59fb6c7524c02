// SPDX-License-Identifier: GPL-2.0

//! Counters: an interface's, and objects in the kernel's slab caches.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use crate::args::{fail, number, usage, Args, Done, Stop};
use crate::ctx::Ctx;
use crate::{attr, link};

const IFLA_STATS64: u16 = 23;

/// `struct rtnl_link_stats64`, in order.
const NAMES: &[&str] = &[
    "rx_packets",
    "tx_packets",
    "rx_bytes",
    "tx_bytes",
    "rx_errors",
    "tx_errors",
    "rx_dropped",
    "tx_dropped",
    "multicast",
    "collisions",
    "rx_length_errors",
    "rx_over_errors",
    "rx_crc_errors",
    "rx_frame_errors",
    "rx_fifo_errors",
    "rx_missed_errors",
    "tx_aborted_errors",
    "tx_carrier_errors",
    "tx_fifo_errors",
    "tx_heartbeat_errors",
    "tx_window_errors",
    "rx_compressed",
    "tx_compressed",
    "rx_nohandler",
    "rx_otherhost_dropped",
];

/// A reading.
pub type Counters = Vec<u64>;

fn read(ctx: &mut Ctx, ns: Option<&str>, dev: &str) -> Done<Counters> {
    let body = link::get(ctx, ns, dev)?;
    let stats = attr::find(&body[16..], IFLA_STATS64).unwrap_or_default();
    Ok(stats
        .chunks_exact(8)
        .filter_map(|c| c.try_into().ok().map(u64::from_ne_bytes))
        .collect())
}

/// An interface's counters with their names.
pub fn named(ctx: &mut Ctx, ns: &str, dev: &str) -> Done<Vec<(&'static str, u64)>> {
    let values = read(ctx, Some(ns), dev)?;
    Ok(NAMES.iter().copied().zip(values).collect())
}

/// `count`: takes a reading.
pub fn count(ctx: &mut Ctx, args: &mut Args) -> Done {
    let ns = args.take("ns");
    let dev = args.need("dev")?;
    let reading = read(ctx, ns.as_deref(), &dev)?;
    ctx.readings.insert((ns, dev), reading);
    Ok(())
}

/// `counted`: what was added since the reading, which it replaces. With `atleast` more may have
/// been added to the counters named, and others may have moved. `ignore=A,B` leaves some out.
pub fn counted(ctx: &mut Ctx, args: &mut Args) -> Done {
    let ns = args.take("ns");
    let dev = args.need("dev")?;
    let at_least = args.flag("atleast");
    let ignored = args.take("ignore").unwrap_or_default();
    let ignored: Vec<&str> = ignored.split(',').collect();
    let mut want = BTreeMap::new();
    for item in args.rest() {
        match item.split_once('=') {
            Some((name, value)) if NAMES.contains(&name) => {
                want.insert(name.to_string(), number::<u64>(value)?);
            }
            _ => return usage(format!("{item}: no such counter")),
        }
    }
    let place = (ns.clone(), dev.clone());
    let Some(before) = ctx.readings.get(&place).cloned() else {
        return usage(format!("{dev}: no reading"));
    };
    let end = Instant::now() + Duration::from_secs(2);
    loop {
        let now = read(ctx, ns.as_deref(), &dev)?;
        let wrong: Vec<String> = NAMES
            .iter()
            .zip(before.iter().zip(&now))
            .filter(|(name, _)| !ignored.contains(name))
            .filter_map(|(name, (before, now))| {
                let added = now.wrapping_sub(*before);
                let right = match (want.get(*name), at_least) {
                    (Some(want), true) => added >= *want,
                    (Some(want), false) => added == *want,
                    (None, true) => true,
                    (None, false) => added == 0,
                };
                let want = want.get(*name).copied().unwrap_or(0);
                (!right).then(|| format!("{name} +{added}, not +{want}"))
            })
            .collect();
        if wrong.is_empty() {
            ctx.readings.insert(place, now);
            return Ok(());
        }
        if Instant::now() > end {
            ctx.readings.insert(place, now);
            return fail(format!("{dev}: {}", wrong.join("; ")));
        }
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// `counters`: `zero`: none has counted anything yet.
pub fn zero(ctx: &mut Ctx, args: &mut Args) -> Done {
    let ns = args.take("ns");
    let dev = args.need("dev")?;
    args.next("zero")?;
    let now = read(ctx, ns.as_deref(), &dev)?;
    match NAMES.iter().zip(&now).find(|(_, value)| **value != 0) {
        None => Ok(()),
        Some((name, value)) => fail(format!("{dev}: {name} is {value}")),
    }
}

/// `linkerrors`: no counter of errors or drops has ever moved.
pub fn errors(ctx: &mut Ctx, args: &mut Args) -> Done {
    let ns = args.take("ns");
    let dev = args.need("dev")?;
    let now = read(ctx, ns.as_deref(), &dev)?;
    let bad = |name: &str| name.contains("error") || name.contains("dropped");
    let mut pairs = NAMES.iter().zip(&now);
    match pairs.find(|(name, value)| bad(name) && **value != 0) {
        None => Ok(()),
        Some((name, value)) => fail(format!("{dev}: {name} is {value}")),
    }
}

/// Objects in use in a slab cache. A kernel with KASAN counts freed ones that it keeps back,
/// until it is asked to shrink the cache; any other gives back what it has at hand.
fn objects(cache: &str) -> Done<u64> {
    let _ = std::fs::write(format!("/sys/kernel/slab/{cache}/shrink"), "1");
    let Ok(text) = std::fs::read_to_string("/proc/slabinfo") else {
        return Err(Stop::Skip("/proc/slabinfo cannot be read".into()));
    };
    let line = text
        .lines()
        .map(|line| line.split_whitespace().collect::<Vec<_>>())
        .find(|words| words.first() == Some(&cache));
    match line.and_then(|words| words.get(1).and_then(|n| n.parse().ok())) {
        Some(count) => Ok(count),
        None => Err(Stop::Skip(format!("no slab cache {cache}"))),
    }
}

/// `slab`: looks how many objects a cache holds.
pub fn slab(ctx: &mut Ctx, args: &mut Args) -> Done {
    let cache = args.next("a cache")?;
    let count = objects(&cache)?;
    ctx.slabs.insert(cache, count);
    Ok(())
}

/// `slabgrew`: it holds at most so many more than then. Objects that wait for a grace period
/// get some seconds to go.
pub fn slab_grew(ctx: &mut Ctx, args: &mut Args) -> Done {
    let cache = args.next("a cache")?;
    let max: u64 = number(&args.need("max")?)?;
    let Some(before) = ctx.slabs.get(&cache).copied() else {
        return usage(format!("{cache}: not looked at before"));
    };
    let end = Instant::now() + Duration::from_secs(6);
    loop {
        let now = objects(&cache)?;
        if now <= before + max {
            return Ok(());
        }
        if Instant::now() > end {
            return fail(format!("{cache}: {before} objects, now {now}"));
        }
        std::thread::sleep(Duration::from_millis(200));
    }
}
