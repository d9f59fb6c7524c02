// SPDX-License-Identifier: GPL-2.0

//! `gtptest stream NS NS FROM TO LENGTH MS`: UDP datagrams of LENGTH octets from FROM in the
//! first namespace to TO in the second, for MS milliseconds, and the nanoseconds that each of
//! those that arrived has cost.
//!
//! One thread sends some and then receives them, so that it neither sleeps nor is woken up:
//! what is measured is the way of a packet, with a system call at each end.

use crate::netns;
use std::{
    io::ErrorKind,
    net::UdpSocket,
    time::{Duration, Instant},
};

/// Datagrams that are under way at the same time: they fit into a receive buffer.
const BATCH: usize = 32;

/// Runs the stream; the figure, or what went wrong.
fn measure(words: &[String]) -> Result<f64, String> {
    let [near, far, from, to, length, ms] = words else {
        return Err("stream NS NS FROM TO LENGTH MS".to_string());
    };
    let number = |word: &String| {
        word.parse::<u64>()
            .map_err(|_| format!("{word}: not a number"))
    };
    let (length, ms) = (number(length)?, number(ms)?);
    let socket = |ns: &str, addr: &str| {
        netns::within(Some(ns), || UdpSocket::bind((addr, 0)))
            .map_err(|error| format!("{ns}: {error:?}"))?
            .map_err(|error| format!("{addr}: {error}"))
    };
    let (sender, receiver) = (socket(near, from)?, socket(far, to)?);
    let io = |error: std::io::Error| error.to_string();
    sender
        .connect(receiver.local_addr().map_err(io)?)
        .map_err(io)?;
    receiver
        .connect(sender.local_addr().map_err(io)?)
        .map_err(io)?;
    receiver.set_nonblocking(true).map_err(io)?;
    let payload = vec![0x55; length as usize];
    let mut buffer = vec![0; length as usize + 1];
    let mut received = 0u64;
    let mut begin = Instant::now();
    let mut warm = false;
    loop {
        for _ in 0..BATCH {
            sender.send(&payload).map_err(io)?;
        }
        loop {
            match receiver.recv(&mut buffer) {
                Ok(n) if n == payload.len() => received += 1,
                Ok(n) => return Err(format!("a datagram of {n} octets came")),
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                Err(error) => return Err(error.to_string()),
            }
        }
        let spent = begin.elapsed();
        if !warm && spent >= Duration::from_millis(20) {
            (warm, received, begin) = (true, 0, Instant::now());
        } else if warm && spent >= Duration::from_millis(ms) {
            if received == 0 {
                return Err("nothing arrived".to_string());
            }
            return Ok(spent.as_nanos() as f64 / received as f64);
        }
    }
}

/// Runs the stream and prints its figure.
pub fn run(words: &[String]) -> std::process::ExitCode {
    match measure(words) {
        Ok(ns) => {
            println!("{ns:.1}");
            std::process::ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("{error}");
            std::process::ExitCode::FAILURE
        }
    }
}
