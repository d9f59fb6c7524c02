// SPDX-License-Identifier: GPL-2.0

//! How a packet gets into the kernel.

use std::fs::File;
use std::io::{IoSlice, Result, Write};
use std::os::fd::{AsFd, OwnedFd};

use super::net::{Side, DEVICES, LINKS};
use crate::args::{fail, Done};
use crate::ctx::Ctx;
use crate::{errno, netns, sys};

/// Packets that are handed to the kernel by one call.
const BATCH: usize = 64;

/// Option of a packet socket: a `virtio_net_hdr` stands in front of each packet.
const PACKET_VNET_HDR: i32 = 15;

/// A type of packet socket, and its number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Socket {
    /// SOCK_DGRAM.
    Datagram,
    /// SOCK_RAW.
    Raw,
    /// SOCK_RAW, with a `virtio_net_hdr` in front of each packet.
    Offload,
}

const SOCKETS: [Socket; 3] = [Socket::Datagram, Socket::Raw, Socket::Offload];

/// A way in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// Received by the tun device, with a `virtio_net_hdr_v1_hash_tunnel` in front.
    Tun,
    /// Received by the tap device through NAPI, which joins what belongs together.
    Napi,
    /// Received by a tap device that makes a fragment of each part.
    Frags,
    /// Sent by the other side into the veth pair, as it is.
    Wire,
    /// Sent into a link by a packet socket: with the protocol that it is to be of.
    Link {
        /// Which of the side's links.
        link: usize,
        /// The type of socket.
        socket: Socket,
        /// EtherType.
        protocol: u16,
    },
}

/// A packet.
pub struct Packet {
    /// Where it goes.
    pub side: Side,
    /// How it gets there.
    pub way: Way,
    /// Its octets, and those in front of it that say what is to be done with it.
    pub octets: Vec<u8>,
    /// Where [`Way::Frags`] splits it.
    pub cuts: Vec<usize>,
    /// The link that must deliver it, and the length that it must have then.
    pub delivered: Option<(usize, usize)>,
}

/// What was sent.
#[derive(Default)]
pub struct Tally {
    /// Packets that the kernel took.
    pub sent: u64,
    /// Those that it refused.
    pub refused: u64,
    /// Of those that it took: packets into the links, without offloads.
    pub into: [[u64; LINKS]; 2],
    /// Packets and octets that the links must deliver.
    pub good: [[[u64; 2]; LINKS]; 2],
}

/// Packets that wait for one call.
#[derive(Default)]
struct Queue {
    packets: Vec<(Vec<u8>, sys::Addr)>,
    /// Links that they go into, where they are counted.
    into: Vec<Option<usize>>,
}

/// The ways into one namespace.
struct Ways {
    tun: File,
    napi: File,
    frags: File,
    /// Packet sockets, in the order of their types.
    sockets: Vec<OwnedFd>,
    queues: [Queue; SOCKETS.len()],
    wire: i32,
    links: [i32; LINKS],
}

/// All ways.
pub struct Carriers {
    sides: Vec<Ways>,
    /// What was sent.
    pub tally: Tally,
}

fn io<T>(result: Result<T>, what: &str) -> Done<T> {
    result.or_else(|error| fail(format!("{what}: {}", errno::of(&error))))
}

impl Carriers {
    /// Opens the ways into both namespaces; the tun devices are open under the names `tun0`,
    /// `napi0`, `frags0`, and the same with 1.
    pub fn open(ctx: &Ctx, namespaces: [&str; 2]) -> Done<Self> {
        let mut sides = Vec::new();
        for (side, ns) in namespaces.into_iter().enumerate() {
            let tun = |name: &str| -> Done<File> {
                let named = ctx.named(&format!("{name}{side}"))?;
                Ok(File::from(io(named.fd.try_clone(), name)?))
            };
            let socket = |socket: &Socket| -> Done<OwnedFd> {
                let (kind, offload) = match socket {
                    Socket::Datagram => (libc::SOCK_DGRAM, None),
                    Socket::Raw => (libc::SOCK_RAW, None),
                    Socket::Offload => (libc::SOCK_RAW, Some(1)),
                };
                let open = || sys::socket(libc::AF_PACKET, kind, 0);
                let fd = io(netns::within(Some(ns), open)?, "socket")?;
                if let Some(value) = offload {
                    let set = sys::set_option(fd.as_fd(), libc::SOL_PACKET, PACKET_VNET_HDR, value);
                    io(set, "PACKET_VNET_HDR")?;
                }
                Ok(fd)
            };
            let index = |dev: &str| netns::ifindex(Some(ns), dev).map(|index| index as i32);
            let mut links = [0; LINKS];
            for (link, dev) in links.iter_mut().zip(DEVICES[side]) {
                *link = index(dev)?;
            }
            sides.push(Ways {
                tun: tun("tun")?,
                napi: tun("napi")?,
                frags: tun("frags")?,
                sockets: SOCKETS.iter().map(socket).collect::<Done<_>>()?,
                queues: Default::default(),
                wire: index("net0")?,
                links,
            });
        }
        Ok(Self {
            sides,
            tally: Tally::default(),
        })
    }

    /// Sends a packet, or has it wait for others.
    pub fn send(&mut self, packet: Packet) {
        let Packet {
            side,
            way,
            octets,
            cuts,
            delivered,
        } = packet;
        let (at, socket, addr, into) = match way {
            Way::Tun => {
                return self.written(side, delivered, |ways| ways.tun.write(&octets));
            }
            Way::Napi => {
                return self.written(side, delivered, |ways| ways.napi.write(&octets));
            }
            Way::Frags => {
                let mut rest = octets.as_slice();
                let mut parts = Vec::new();
                let mut from = 0;
                for cut in cuts {
                    let (part, other) = rest.split_at((cut - from).min(rest.len()));
                    parts.push(IoSlice::new(part));
                    rest = other;
                    from = cut;
                }
                parts.push(IoSlice::new(rest));
                let write = |ways: &mut Ways| ways.frags.write_vectored(&parts);
                return self.written(side, delivered, write);
            }
            // What one side sends is received by the other.
            Way::Wire => {
                let at = 1 - side;
                let addr = sys::Addr::link(self.sides[at].wire, 0);
                (at, Socket::Raw, addr, None)
            }
            Way::Link {
                link,
                socket,
                protocol,
            } => {
                let addr = sys::Addr::link(self.sides[side].links[link], protocol);
                let counted = socket != Socket::Offload;
                (side, socket, addr, counted.then_some(link))
            }
        };
        let queue = &mut self.sides[at].queues[socket as usize];
        queue.packets.push((octets, addr));
        queue.into.push(into);
        if queue.packets.len() == BATCH {
            self.flush_one(at, socket);
        }
    }

    /// Counts what came of writing a packet that must be delivered as is said, or need not.
    fn written(
        &mut self,
        side: Side,
        delivered: Option<(usize, usize)>,
        write: impl FnOnce(&mut Ways) -> Result<usize>,
    ) {
        if write(&mut self.sides[side]).is_err() {
            self.tally.refused += 1;
            return;
        }
        self.tally.sent += 1;
        if let Some((link, len)) = delivered {
            self.tally.good[side][link][0] += 1;
            self.tally.good[side][link][1] += len as u64;
        }
    }

    fn flush_one(&mut self, at: Side, socket: Socket) {
        let ways = &mut self.sides[at];
        let fd = ways.sockets[socket as usize].as_fd();
        let queue = &mut ways.queues[socket as usize];
        let mut from = 0;
        while from < queue.packets.len() {
            // The one that is refused ends the call, and is found at the front of the next.
            let sent = sys::send_many(fd, &queue.packets[from..]).unwrap_or(0);
            self.tally.sent += sent as u64;
            for link in queue.into[from..from + sent].iter().flatten() {
                self.tally.into[at][*link] += 1;
            }
            from += sent;
            if sent == 0 {
                self.tally.refused += 1;
                from += 1;
            }
        }
        queue.packets.clear();
        queue.into.clear();
    }

    /// Sends all that waits.
    pub fn flush(&mut self) {
        for at in 0..self.sides.len() {
            for socket in SOCKETS {
                self.flush_one(at, socket);
            }
        }
    }
}
