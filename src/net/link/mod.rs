// SPDX-License-Identifier: GPL-2.0

//! Kinds of network devices that are made with `ip link add type KIND`.
//!
//! A driver implements [`Driver`] for its private data, declares a static
//! [`Type`], and holds a [`Registration`] in its module's state. The private data
//! lives in the `struct net_device`. It is made before the device is registered
//! and dropped when the last user of the device is gone; a device dies with the
//! namespace that it was made from.
//!
//! Locks: [`Driver::new`], [`Driver::open`], [`Driver::change`], [`Driver::remove`] and
//! [`Driver::close`] are called with RTNL held.
//!
//! C header: `include/net/rtnetlink.h`.

mod device;
mod ethtool;
mod kind;
mod setup;

pub(crate) use self::{
    device::{
        Device,
        DeviceRef,
        Quiet,
        Sending, //
    },
    kind::{
        Registration,
        Type, //
    },
    setup::{
        HighAttrs,
        NewLink,
        Setup, //
    },
};

use super::{
    extack::ExtAck,
    nlattr::{
        Attrs,
        Writer, //
    },
    skb::SkBuff, //
};
use kernel::{
    prelude::*,
    sync::rcu, //
};

/// A driver for one kind of link; the type is a device's private data.
pub(crate) trait Driver: Sized + Send + Sync + 'static {
    /// Room that [`fill_info`](Driver::fill_info) needs, in octets.
    const INFO_SIZE: usize;

    /// The kind that the driver serves: always the same one.
    fn link_type() -> &'static Type<Self>;

    /// Sets the properties that all devices of the kind begin with.
    fn setup(setup: &Setup<'_>);

    /// Checks a request before a device is allocated.
    ///
    /// # Errors
    ///
    /// The caller gets them.
    fn validate(attrs: &Attrs<'_>, extack: &mut ExtAck<'_>) -> Result;

    /// Makes the private data of a new device.
    ///
    /// # Errors
    ///
    /// The caller of `ip link add` gets them.
    fn new(params: &NewLink<'_>, extack: &mut ExtAck<'_>) -> Result<impl PinInit<Self, Error>>;

    /// Gets the device ready to be registered. [`close`](Driver::close) is called
    /// if this fails, too.
    ///
    /// # Errors
    ///
    /// The caller of `ip link add` gets them.
    fn open(
        dev: &Device<Self>,
        setup: &Setup<'_>,
        params: &NewLink<'_>,
        extack: &mut ExtAck<'_>,
    ) -> Result;

    /// Changes a device as `ip link set type KIND` asks for.
    ///
    /// # Errors
    ///
    /// EOPNOTSUPP for what cannot be changed; the caller gets them, and nothing has changed.
    fn change(dev: &Device<Self>, attrs: &HighAttrs<'_>, extack: &mut ExtAck<'_>) -> Result;

    /// The device is about to be unregistered; it can still be found.
    fn remove(dev: &Device<Self>);

    /// The device is no longer registered. What the world may still call it
    /// through is to be taken down here: a grace period follows, and then the
    /// private data is dropped. May be called more than once.
    fn close(dev: &Device<Self>, quiet: &Quiet);

    /// Does what was [put off](Device::work_within). Process context, one call at a time; must
    /// not take RTNL.
    fn work(dev: &Device<Self>);

    /// Sends a packet. Called on any number of CPUs.
    fn xmit(dev: &Device<Self>, skb: SkBuff, sending: &Sending, rcu: &rcu::Guard);

    /// How many counters the driver has for `ethtool -S`.
    const COUNTERS: usize;

    /// The parts of the name, and the value, of counter number `index`. Names have at most
    /// 31 octets.
    fn counter(dev: &Device<Self>, index: usize) -> Option<([&'static str; 2], u64)>;

    /// Writes what `ip -d link show` shows.
    ///
    /// # Errors
    ///
    /// EMSGSIZE.
    fn fill_info(dev: &Device<Self>, writer: &mut Writer<'_>) -> Result;
}
