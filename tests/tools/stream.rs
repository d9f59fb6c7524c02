// SPDX-License-Identifier: GPL-2.0

//! `gtptest stream NS NS FROM TO LENGTH MS`: UDP datagrams of LENGTH octets from FROM in the
//! first namespace to TO in the second, for MS milliseconds, and the nanoseconds that each of
//! those that arrived has cost.
//!
//! One thread sends some and then receives them, so that it neither sleeps nor is woken up:
//! what is measured is the way of a packet, with a system call at each end.
//!
//! `gtptest beside NS NS FROM TO LENGTH MS NS SOURCE COUNT DESTINATION SHARE : PACKET`: what that
//! stream is worth beside a flood from the third namespace, of SHARE packets for each 32 of the
//! stream's, from COUNT addresses in turn of which SOURCE is the first. Every other 32 have the
//! flood beside them, so that whatever else goes on meets both kinds alike, and of each kind
//! the slowest fifth is left out: there something else went on. Prints the nanoseconds that a
//! datagram of the stream costs without and with, how many packets the flood had and the
//! milliseconds that they took, and how many datagrams of the stream were lost.

use crate::args::Args;
use crate::netns;
use crate::packet::Packet;
use std::{
    io::ErrorKind,
    net::{IpAddr, Ipv4Addr, SocketAddr, UdpSocket},
    process::ExitCode,
    str::FromStr,
    time::{Duration, Instant},
};

/// Datagrams that are under way at the same time: they fit into a receive buffer.
const BATCH: u64 = 32;

/// How long what was sent may take to arrive.
const PATIENCE: Duration = Duration::from_millis(1000);
/// How often the flood is tried before it counts: caches are warm then.
const WARM: usize = 4;

/// Datagrams from one namespace to another.
struct Stream {
    sender: UdpSocket,
    receiver: UdpSocket,
    payload: Vec<u8>,
    buffer: Vec<u8>,
}

fn io(error: std::io::Error) -> String {
    error.to_string()
}

fn number<T: FromStr>(word: &str) -> Result<T, String> {
    word.parse().map_err(|_| format!("{word}: not understood"))
}

/// A UDP socket in a namespace, bound to any port of an address.
fn socket(ns: &str, addr: IpAddr) -> Result<UdpSocket, String> {
    netns::within(Some(ns), || UdpSocket::bind((addr, 0)))
        .map_err(|error| format!("{ns}: {error:?}"))?
        .map_err(|error| format!("{addr}: {error}"))
}

impl Stream {
    fn open(near: &str, far: &str, from: &str, to: &str, length: &str) -> Result<Self, String> {
        let sender = socket(near, number(from)?)?;
        let receiver = socket(far, number(to)?)?;
        sender
            .connect(receiver.local_addr().map_err(io)?)
            .map_err(io)?;
        receiver
            .connect(sender.local_addr().map_err(io)?)
            .map_err(io)?;
        receiver.set_nonblocking(true).map_err(io)?;
        let length = number(length)?;
        Ok(Self {
            sender,
            receiver,
            payload: vec![0x55; length],
            buffer: vec![0; length + 1],
        })
    }

    /// Sends some datagrams.
    fn send(&self) -> Result<(), String> {
        for _ in 0..BATCH {
            self.sender.send(&self.payload).map_err(io)?;
        }
        Ok(())
    }

    /// Receives what has arrived, and says how many.
    fn receive(&mut self) -> Result<u64, String> {
        let mut received = 0;
        loop {
            match self.receiver.recv(&mut self.buffer) {
                Ok(n) if n == self.payload.len() => received += 1,
                Ok(n) => return Err(format!("a datagram of {n} octets came")),
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(received),
                Err(error) => return Err(io(error)),
            }
        }
    }
}

/// Runs the stream; the figure, or what went wrong.
fn measure(words: &[String]) -> Result<String, String> {
    let [near, far, from, to, length, ms] = words else {
        return Err("stream NS NS FROM TO LENGTH MS".to_string());
    };
    let mut stream = Stream::open(near, far, from, to, length)?;
    let ms = number(ms)?;
    let mut received = 0u64;
    let mut begin = Instant::now();
    let mut warm = false;
    loop {
        stream.send()?;
        received += stream.receive()?;
        let spent = begin.elapsed();
        if !warm && spent >= Duration::from_millis(20) {
            (warm, received, begin) = (true, 0, Instant::now());
        } else if warm && spent >= Duration::from_millis(ms) {
            if received == 0 {
                return Err("nothing arrived".to_string());
            }
            let ns = spent.as_nanos() as f64 / received as f64;
            return Ok(format!("{ns:.1}"));
        }
    }
}

/// A flood of one packet, from several addresses in turn.
struct Flood {
    sockets: Vec<UdpSocket>,
    packet: Vec<u8>,
    sent: usize,
}

impl Flood {
    fn open(ns: &str, source: &str, count: u32, to: &str, packet: Packet) -> Result<Self, String> {
        let first = u32::from(number::<Ipv4Addr>(source)?);
        let to: SocketAddr = number(to)?;
        let sockets = (0..count)
            .map(|n| {
                let socket = socket(ns, Ipv4Addr::from(first + n).into())?;
                socket.connect(to).map_err(io)?;
                Ok(socket)
            })
            .collect::<Result<_, String>>()?;
        Ok(Self {
            sockets,
            packet: packet.bytes,
            sent: 0,
        })
    }

    fn send(&mut self, count: u64) -> Result<(), String> {
        for _ in 0..count {
            let socket = &self.sockets[self.sent % self.sockets.len()];
            match socket.send(&self.packet) {
                Ok(_) => self.sent += 1,
                // What is not wanted may be said to be so.
                Err(error) if error.kind() == ErrorKind::ConnectionRefused => self.sent += 1,
                Err(error) => return Err(io(error)),
            }
        }
        Ok(())
    }
}

/// Runs the stream with and without a flood.
fn beside(words: &[String]) -> Result<String, String> {
    let mut args = Args::new(words.to_vec());
    let packet = args.packet.take().unwrap_or_default();
    let packet = Packet::build(&packet).map_err(|error| format!("{error:?}"))?;
    let words = args.rest();
    let [near, far, from, to, length, ms, ns, source, count, target, share] = words.as_slice()
    else {
        return Err("beside NS NS FROM TO LENGTH MS NS SOURCE COUNT DESTINATION SHARE".into());
    };
    let mut stream = Stream::open(near, far, from, to, length)?;
    let mut flood = Flood::open(ns, source, number(count)?, target, packet)?;
    let end = Duration::from_millis(number(ms)?);
    let share: u64 = number(share)?;
    let mut times = [Vec::new(), Vec::new()];
    let mut lost = 0i64;
    let begin = Instant::now();
    for n in 0.. {
        let with = n % 2;
        let one = Instant::now();
        stream.send()?;
        flood.send(if with == 1 { share } else { 0 })?;
        let mut received = 0;
        // The stack may have put it off.
        while received < BATCH && one.elapsed() < PATIENCE {
            received += stream.receive()?;
        }
        if n < WARM {
            flood.sent = 0;
            continue;
        }
        times[with].push(one.elapsed());
        lost += BATCH as i64 - received as i64;
        if begin.elapsed() > end && with == 1 {
            break;
        }
    }
    let took: Duration = times[1].iter().sum();
    let [plain, with] = times.map(|mut times| {
        times.sort_unstable();
        times.truncate((times.len() * 4 / 5).max(1));
        let sum: Duration = times.iter().sum();
        sum.as_nanos() / times.len() as u128 / u128::from(BATCH)
    });
    Ok(format!(
        "{plain} {with} {} {} {lost}",
        flood.sent,
        took.as_millis().max(1)
    ))
}

fn print(result: Result<String, String>) -> ExitCode {
    match result {
        Ok(figures) => {
            println!("{figures}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

/// Runs the stream and prints its figure.
pub fn run(words: &[String]) -> ExitCode {
    print(measure(words))
}

/// Runs the stream beside a flood and prints the figures.
pub fn run_beside(words: &[String]) -> ExitCode {
    print(beside(words))
}
