// SPDX-License-Identifier: GPL-2.0

//! Whether each packet is accounted for: what UDP has given to the links is what these have
//! delivered, dropped by reason, handled or passed up, and what was sent into them is what they
//! have sent or counted as an error.
//!
//! A link's `rx_dropped` is the sum of its reasons to the last packet. The kernel adds to it what it
//! drops itself behind the link, where a queue has more than `netdev_max_backlog` packets, both
//! that of a processor and that of GRO cells: who weighs must make room for all that there is.

use std::collections::BTreeMap;
use std::process::Command;
use std::time::{Duration, Instant};

use super::links;
use crate::args::{fail, Args, Done};
use crate::ctx::Ctx;
use crate::{netns, stats};

/// Counters by namespace, link and name.
type Reading = BTreeMap<String, u64>;

/// What was there when packets began to come.
pub struct Balance {
    reading: Reading,
}

/// How long the kernel may take to come to rest.
const PATIENCE: Duration = Duration::from_secs(8);

/// What a link does with a datagram beside delivering it, one of these for each.
fn is_outcome(name: &str) -> bool {
    is_drop(name)
        || matches!(
            name,
            "echo_requests_answered"
                | "echo_responses_received"
                | "echo_responses_unexpected"
                | "error_indications_received"
                | "end_markers_received"
        )
}

/// Why a link has dropped a datagram.
fn is_drop(name: &str) -> bool {
    name.starts_with("rx_") && name != "rx_passed_up" || name == "echo_requests_limited"
}

/// UDP's counters of a namespace, IPv4 and IPv6 taken together.
fn udp(ns: &str, reading: &mut Reading) -> Done {
    let text = |path: &str| std::fs::read_to_string(path).unwrap_or_default();
    let (v4, v6) = netns::within(Some(ns), || {
        (
            text("/proc/thread-self/net/snmp"),
            text("/proc/thread-self/net/snmp6"),
        )
    })?;
    let mut lines = v4.lines().filter(|line| line.starts_with("Udp:"));
    let (names, values) = (lines.next().unwrap_or(""), lines.next().unwrap_or(""));
    let v4 = names.split_whitespace().zip(values.split_whitespace());
    let v6 = v6.lines().filter_map(|line| {
        let (name, value) = line.strip_prefix("Udp6")?.split_once(char::is_whitespace)?;
        Some((name, value.trim()))
    });
    for (name, value) in v4.chain(v6) {
        if let Ok(value) = value.parse::<u64>() {
            *reading.entry(format!("{ns} {name}")).or_default() += value;
        }
    }
    Ok(())
}

/// Takes a reading of all there is.
fn take(ctx: &mut Ctx, namespaces: &[String; 2]) -> Done<Reading> {
    let mut reading = Reading::new();
    for ns in namespaces {
        udp(ns, &mut reading)?;
    }
    for (_, _, ns, dev) in links(namespaces) {
        for (name, value) in stats::named(ctx, ns, dev)? {
            reading.insert(format!("{ns} {dev} {name}"), value);
        }
        let run = || Command::new("ethtool").args(["-S", dev]).output();
        let output = match netns::within(Some(ns), run)? {
            Ok(output) => output,
            Err(error) => return fail(format!("ethtool: {error}")),
        };
        for line in String::from_utf8_lossy(&output.stdout).lines() {
            if let Some((name, value)) = line.trim().split_once(": ") {
                if let Ok(value) = value.parse() {
                    reading.insert(format!("{ns} {dev} own {name}"), value);
                }
            }
        }
    }
    Ok(reading)
}

/// `balance begin node= peer=`: takes a reading, once nothing moves any more: the counters are not
/// read all at once, and what is still under way would be in some of them only.
pub fn begin(ctx: &mut Ctx, args: &mut Args) -> Done {
    let namespaces = [args.need("node")?, args.need("peer")?];
    let until = Instant::now() + PATIENCE;
    let mut reading = take(ctx, &namespaces)?;
    loop {
        std::thread::sleep(Duration::from_millis(50));
        let again = take(ctx, &namespaces)?;
        if again == reading {
            break;
        }
        if Instant::now() > until {
            return fail("the counters do not come to rest");
        }
        reading = again;
    }
    ctx.passed_up = 0;
    ctx.sent = Default::default();
    ctx.good = Default::default();
    ctx.balance = Some(Balance { reading });
    Ok(())
}

/// `balance end node= peer= [cut] [good]`: what has come since is accounted for. With `cut` packets
/// were several in one, which count once for UDP and again for each part. With `good` the links
/// have delivered what they must, octet by octet, and nothing else.
pub fn end(ctx: &mut Ctx, args: &mut Args) -> Done {
    let namespaces = [args.need("node")?, args.need("peer")?];
    let (cut, good) = (args.flag("cut"), args.flag("good"));
    let Some(balance) = ctx.balance.take() else {
        return fail("no balance was begun");
    };
    let until = Instant::now() + PATIENCE;
    loop {
        let now = take(ctx, &namespaces)?;
        let mut wrong = weigh(ctx, &namespaces, &balance.reading, &now, cut);
        if good {
            wrong.extend(undelivered(ctx, &namespaces, &balance.reading, &now));
        }
        if wrong.is_empty() {
            return Ok(());
        }
        if Instant::now() > until {
            let moved: Vec<_> = now
                .iter()
                .filter_map(|(name, value)| {
                    let more = value.wrapping_sub(balance.reading.get(name).copied().unwrap_or(0));
                    (more != 0 && !name.ends_with("bytes")).then(|| format!("{name} +{more}"))
                })
                .collect();
            return fail(format!("{}; {}", wrong.join("; "), moved.join(", ")));
        }
        std::thread::sleep(Duration::from_millis(200));
    }
}

/// Which links have not delivered what they must.
fn undelivered(
    ctx: &Ctx,
    namespaces: &[String; 2],
    before: &Reading,
    now: &Reading,
) -> Vec<String> {
    let mut wrong = Vec::new();
    for (side, link, ns, dev) in links(namespaces) {
        for (want, name) in ctx.good[side][link]
            .into_iter()
            .zip(["rx_packets", "rx_bytes"])
        {
            let key = format!("{ns} {dev} {name}");
            let of = |reading: &Reading| reading.get(&key).copied().unwrap_or(0);
            let got = of(now).wrapping_sub(of(before));
            if got != want {
                wrong.push(format!("{dev}: {name} +{got}, not +{want}"));
            }
        }
    }
    wrong
}

/// What does not add up.
fn weigh(
    ctx: &Ctx,
    namespaces: &[String; 2],
    before: &Reading,
    now: &Reading,
    cut: bool,
) -> Vec<String> {
    let mut wrong = Vec::new();
    let more = |name: &str| {
        let (now, before) = (now.get(name), before.get(name));
        now.copied()
            .unwrap_or(0)
            .wrapping_sub(before.copied().unwrap_or(0))
    };
    let own = |ns: &str, dev: &str, which: fn(&str) -> bool| -> u64 {
        let prefix = format!("{ns} {dev} own ");
        now.keys()
            .filter_map(|key| key.strip_prefix(&prefix).filter(|name| which(name)))
            .map(|name| more(&format!("{prefix}{name}")))
            .sum()
    };
    let mut accounted = [0; 2];
    let mut passed_up = 0;
    for (side, link, ns, dev) in links(namespaces) {
        let of = |name: &str| more(&format!("{ns} {dev} {name}"));
        let drops = own(ns, dev, is_drop);
        accounted[side] += of("rx_packets") + own(ns, dev, is_outcome);
        passed_up += own(ns, dev, |name| name == "rx_passed_up");
        if of("rx_dropped") != drops {
            wrong.push(format!(
                "{dev}: {} dropped, for {drops} reasons",
                of("rx_dropped")
            ));
        }
        let sent = ctx.sent[side][link];
        let left = of("tx_packets") + of("tx_errors") + of("tx_dropped");
        // Others send into the link as well: answers, and what is forwarded.
        if left < sent {
            wrong.push(format!(
                "{dev}: {sent} were sent into it, and {left} counted"
            ));
        }
    }
    for (side, ns) in namespaces.iter().enumerate() {
        // What a process reads counts when it is read. The other side's are never read.
        let read = if side == 0 { ctx.passed_up } else { 0 };
        let given = more(&format!("{ns} InDatagrams")).wrapping_sub(read);
        let right = if cut {
            given >= accounted[side]
        } else {
            given == accounted[side]
        };
        if !right {
            wrong.push(format!(
                "{ns}: UDP gave {given}, accounted for are {}",
                accounted[side]
            ));
        }
    }
    if passed_up < ctx.passed_up {
        wrong.push(format!(
            "{} were read, and {passed_up} passed up",
            ctx.passed_up
        ));
    }
    wrong
}
