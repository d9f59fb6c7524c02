// SPDX-License-Identifier: GPL-2.0

//! `gtptest soak NS NS CHANGES CONTEXTS`: contexts that come and go while packets do, on links
//! gtp0 of a GGSN at 192.0.2.1 in the first namespace and of an SGSN at 192.0.2.2 in the
//! second. Context number n of each has the TEID n + 1 and the MS 10.64.0.1 + n; all are there
//! at the beginning, and again at the end.
//!
//! Five times a second, or as often as the machine can, a hundred neighbours are deleted at one
//! of the ends and made anew, which is a thousand changes a second, and datagrams go both ways
//! between 10.99.0.1 and any MS, some of them one of those that are gone just then. Ends after
//! CHANGES. Prints how many datagrams were sent towards the MS and from there, how many of them
//! arrived, and how many contexts were deleted or made.

use crate::args::{fail, number, Args, Done, Stop};
use crate::ctx::Ctx;
use crate::{netns, pdp};
use std::net::{Ipv4Addr, UdpSocket};
use std::process::ExitCode;
use std::time::{Duration, Instant};

/// Contexts that go and come at once.
const BLOCK: u32 = 100;
/// Datagrams each way in a tick.
const DATAGRAMS: u32 = 20;
/// How often that is done.
const TICK: Duration = Duration::from_millis(200);
/// Where the datagrams go: the port of the discard protocol.
const PORT: u16 = 9;
/// The address behind the GGSN.
const SERVER: Ipv4Addr = Ipv4Addr::new(10, 99, 0, 1);

/// Numbers that look like chance, and are the same each time (xorshift).
struct Chance(u64);

impl Chance {
    fn below(&mut self, end: u32) -> u32 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % u64::from(end)) as u32
    }
}

/// Address of MS number `n`.
fn ms(n: u32) -> Ipv4Addr {
    Ipv4Addr::from(u32::from(Ipv4Addr::new(10, 64, 0, 1)) + n)
}

/// Makes or deletes contexts from number `first` on.
fn bulk(ctx: &mut Ctx, verb: &str, ns: &str, peer: &str, first: u32) -> Done {
    let mut words = format!(
        "{verb} ns={ns} dev=gtp0 count={BLOCK} tei={} o_tei={}",
        first + 1,
        first + 1
    );
    if verb == "newpdp" {
        words += &format!(" ms={} peer={peer}", ms(first));
    }
    let words = words.split(' ').map(str::to_string).collect();
    pdp::bulk(ctx, &mut Args::new(words))
}

fn io<T>(result: std::io::Result<T>, what: &str) -> Done<T> {
    match result {
        Ok(value) => Ok(value),
        Err(error) => fail(format!("{what}: {error}")),
    }
}

fn socket(ns: &str, addr: Ipv4Addr, port: u16) -> Done<UdpSocket> {
    let open = || UdpSocket::bind((addr, port));
    let socket = io(netns::within(Some(ns), open)?, &addr.to_string())?;
    io(socket.set_nonblocking(true), "non-blocking")?;
    Ok(socket)
}

/// How many datagrams have arrived.
fn arrived(socket: &UdpSocket) -> u64 {
    let mut buffer = [0; 2048];
    let mut count = 0;
    while socket.recv(&mut buffer).is_ok() {
        count += 1;
    }
    count
}

fn soak(words: &[String]) -> Done {
    let [near, far, goal, contexts] = words else {
        return fail("soak NS NS CHANGES CONTEXTS");
    };
    let (goal, contexts): (u64, u32) = (number(goal)?, number(contexts)?);
    let mut ctx = Ctx::default();
    let mut chance = Chance(0x2545_f491_4f6c_dd1d);
    let server = socket(near, SERVER, PORT)?;
    let phone = socket(far, Ipv4Addr::UNSPECIFIED, PORT)?;
    let (mut sent, mut got, mut changes) = ([0u64; 2], [0u64; 2], 0u64);
    let mut next = Instant::now();
    while changes < goal {
        let first = chance.below(contexts / BLOCK) * BLOCK;
        let (ns, peer) = match chance.below(2) {
            0 => (near, "192.0.2.2"),
            _ => (far, "192.0.2.1"),
        };
        bulk(&mut ctx, "delpdp", ns, peer, first)?;
        for n in 0..DATAGRAMS {
            // Every fifth one is for a context that one of the ends does not have.
            let to = match n % 5 {
                0 => first + chance.below(BLOCK),
                _ => chance.below(contexts),
            };
            let data = vec![0x55; 20 + chance.below(1300) as usize];
            io(server.send_to(&data, (ms(to), PORT)), "towards the MS")?;
            let from = socket(far, ms(to), 0)?;
            io(from.send_to(&data, (SERVER, PORT)), "from the MS")?;
            sent[0] += 1;
            sent[1] += 1;
        }
        bulk(&mut ctx, "newpdp", ns, peer, first)?;
        changes += 2 * u64::from(BLOCK);
        got[0] += arrived(&phone);
        got[1] += arrived(&server);
        next += TICK;
        std::thread::sleep(next.saturating_duration_since(Instant::now()));
    }
    std::thread::sleep(Duration::from_millis(300));
    got[0] += arrived(&phone);
    got[1] += arrived(&server);
    println!("{} {} {} {} {changes}", sent[0], sent[1], got[0], got[1]);
    Ok(())
}

/// Runs it and prints the figures.
pub fn run(words: &[String]) -> ExitCode {
    match soak(words) {
        Ok(()) => ExitCode::SUCCESS,
        Err(Stop::Fail(text) | Stop::Usage(text) | Stop::Skip(text)) => {
            eprintln!("{text}");
            ExitCode::FAILURE
        }
    }
}
