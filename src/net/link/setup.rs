// SPDX-License-Identifier: GPL-2.0

//! Devices in the making: their properties, and what was asked for.

use super::super::{
    bindings,
    extack::ExtAck,
    netns::Net,
    nlattr::{
        Attr,
        Attrs, //
    },
};
use core::marker::PhantomData;
use kernel::prelude::*;

/// A device that is not registered yet: its properties can be set.
///
/// # Invariants
///
/// The pointer is a valid device that nobody else can see during `'a`.
pub(crate) struct Setup<'a>(*mut bindings::net_device, PhantomData<&'a mut ()>);

impl Setup<'_> {
    /// Wraps a device that is being made.
    ///
    /// # Safety
    ///
    /// `dev` must be a valid device that nobody else can see while the result lives.
    pub(super) unsafe fn from_raw(dev: *mut bindings::net_device) -> Self {
        // INVARIANT: The caller's duty.
        Self(dev, PhantomData)
    }

    /// Makes it a point-to-point device without link-layer header, addresses or
    /// queue, that counts per CPU and sends on any number of CPUs at once.
    pub(crate) fn tunnel(&self) {
        let flags = bindings::net_device_flags_IFF_POINTOPOINT
            | bindings::net_device_flags_IFF_NOARP
            | bindings::net_device_flags_IFF_MULTICAST;
        // SAFETY: By the type invariant the device is valid and ours to change.
        unsafe {
            (*self.0).type_ = bindings::ARPHRD_NONE as u16;
            (*self.0).hard_header_len = 0;
            (*self.0).addr_len = 0;
            (*self.0).flags = flags;
            bindings::helpers::netdev_setup_tunnel(self.0);
        }
    }

    /// Sets the MTU in octets.
    pub(crate) fn mtu(&self, mtu: u32) {
        // SAFETY: By the type invariant the device is valid and ours to change.
        unsafe { (*self.0).mtu = mtu };
    }

    /// Sets the bounds of what the MTU can be changed to, in octets.
    pub(crate) fn mtu_bounds(&self, min: u32, max: u32) {
        // SAFETY: By the type invariant the device is valid and ours to change.
        unsafe {
            (*self.0).min_mtu = min;
            (*self.0).max_mtu = max;
        }
    }

    /// Sets the headroom that packets need beside the link-layer header of the
    /// device that they leave by, in octets.
    pub(crate) fn encap_headroom(&self, headroom: u16) {
        let link_layer = bindings::NET_CONST_LL_MAX_HEADER as u16;
        // SAFETY: By the type invariant the device is valid and ours to change.
        unsafe { (*self.0).needed_headroom = headroom.saturating_add(link_layer) };
    }
}

/// The parameters of `ip link add`.
///
/// # Invariants
///
/// The pointer is valid during `'a`.
pub(crate) struct NewLink<'a> {
    params: *mut bindings::rtnl_newlink_params,
    max_attr: u32,
    _lifetime: PhantomData<&'a ()>,
}

impl NewLink<'_> {
    /// Wraps the parameters that rtnetlink gives, with kind-specific attributes up to
    /// `max_attr`.
    ///
    /// # Safety
    ///
    /// `params` must be valid while the result lives, and parsed according to the kind's
    /// policy.
    pub(super) unsafe fn from_raw(
        params: *mut bindings::rtnl_newlink_params,
        max_attr: u32,
    ) -> Self {
        // INVARIANT: The caller's duty.
        Self {
            params,
            max_attr,
            _lifetime: PhantomData,
        }
    }

    /// The attributes of `IFLA_INFO_DATA`.
    pub(crate) fn attrs(&self) -> Attrs<'_> {
        // SAFETY: By the type invariant the parameters are valid, and rtnetlink has
        // parsed the table according to the kind's policy.
        unsafe { Attrs::from_raw((*self.params).data, self.max_attr) }
    }

    /// The attributes of `IFLA_INFO_DATA` with numbers that rtnetlink does not parse: it knows
    /// none above 50.
    pub(crate) fn high_attrs(&self) -> HighAttrs<'_> {
        // SAFETY: By the type invariant the parameters are valid, and rtnetlink has
        // parsed the attributes of a link into their table.
        unsafe { HighAttrs::from_raw((*self.params).tb) }
    }

    /// Whether the caller has asked for an MTU.
    pub(crate) fn has_mtu(&self) -> bool {
        // SAFETY: By the type invariant the parameters are valid, and rtnetlink has
        // parsed the attributes of a link into their table.
        let attrs = unsafe { Attrs::from_raw((*self.params).tb, bindings::IFLA_MTU) };
        u16::try_from(bindings::IFLA_MTU).is_ok_and(|mtu| attrs.get(mtu).is_some())
    }

    /// The namespace that the device is made from, which may be another than the
    /// one that it is put into.
    pub(crate) fn net(&self) -> &Net {
        // SAFETY: By the type invariant the parameters are valid, and they hold the
        // namespace for as long.
        unsafe { Net::from_raw(bindings::helpers::rtnl_newlink_link_net(self.params)) }
    }
}

/// The attributes of `IFLA_INFO_DATA` as they came, those that rtnetlink does not parse among
/// them.
#[derive(Clone, Copy)]
pub(crate) struct HighAttrs<'a>(Attrs<'a>);

impl<'a> HighAttrs<'a> {
    /// Finds them among the attributes of a link.
    ///
    /// # Safety
    ///
    /// `tb` must hold the attributes up to IFLA_LINKINFO at the least, for the lifetime of
    /// the result.
    pub(super) unsafe fn from_raw(tb: *mut *mut bindings::nlattr) -> Self {
        // SAFETY: The caller's duty.
        Self(unsafe { Attrs::from_raw(tb, bindings::IFLA_LINKINFO) })
    }

    /// The first attribute number `kind`. Nobody has checked its length.
    pub(crate) fn get(&self, kind: u16) -> Option<Attr<'a>> {
        let [info, data] = [bindings::IFLA_LINKINFO, bindings::IFLA_INFO_DATA];
        self.0
            .get(u16::try_from(info).ok()?)?
            .nested(u16::try_from(data).ok()?)?
            .nested(kind)
    }

    /// The attribute number `kind`, and the `N` octets of its value.
    ///
    /// # Errors
    ///
    /// ERANGE, and `text`: it is shorter.
    pub(crate) fn octets<const N: usize>(
        &self,
        kind: u16,
        text: &'static CStr,
        extack: &mut ExtAck<'_>,
    ) -> Result<Option<(Attr<'a>, [u8; N])>> {
        let Some(attr) = self.get(kind) else {
            return Ok(None);
        };
        match attr.bytes().first_chunk() {
            Some(value) => Ok(Some((attr, *value))),
            None => Err(extack.fail_attr(ERANGE, attr, text)),
        }
    }

    /// The same of one octet.
    ///
    /// # Errors
    ///
    /// ERANGE: it has none.
    pub(crate) fn octet(
        &self,
        kind: u16,
        extack: &mut ExtAck<'_>,
    ) -> Result<Option<(Attr<'a>, u8)>> {
        let found = self.octets(kind, c"The attribute's value is an octet", extack)?;
        Ok(found.map(|(attr, [value])| (attr, value)))
    }
}
