// SPDX-License-Identifier: GPL-2.0

//! The slot: place of an endpoint in a device, and what UDP calls.

use super::{
    super::{
        bindings,
        rcu::{
            assume_read_lock,
            RcuBox, //
        },
        skb::{
            SkBuff,
            Verdict, //
        },
    },
    endpoint::{
        Closed,
        Endpoint,
        Owner, //
    },
    gro,
    Receiver, //
};
use kernel::{
    prelude::*,
    sync::{
        atomic::{
            Atomic,
            Full,
            Relaxed, //
        },
        rcu, //
    },
};

/// Place of an endpoint in a device.
///
/// # Invariants
///
/// The pointer is null, or comes of `KBox::into_raw` and is freed by whoever
/// exchanges it for null, after a grace period.
pub(crate) struct Slot<T: Receiver>(Atomic<*mut RcuBox<Endpoint<T>>>);

impl<T: Receiver> Slot<T> {
    /// Makes an empty slot.
    pub(crate) fn new() -> Self {
        // INVARIANT: Null.
        Self(Atomic::new(core::ptr::null_mut()))
    }

    /// The endpoint, if there is one.
    #[inline]
    pub(crate) fn get<'rcu>(&'rcu self, _rcu: &'rcu rcu::Guard) -> Option<&'rcu Endpoint<T>> {
        // SAFETY: The pointer is read once and as a whole, and what it leads to after it: as
        // rcu_dereference(), for which load() would call a function. By the type invariant a
        // pointer that is not null is valid until a grace period after it left the slot, so
        // until the end of the read section.
        unsafe { self.0.as_ptr().read_volatile().as_ref() }.map(RcuBox::value)
    }

    /// Whether there is no endpoint that could be used.
    pub(crate) fn is_empty(&self) -> bool {
        self.get(&rcu::read_lock())
            // A process can have its socket forget us: then nobody tells us that it is closed.
            .is_none_or(Endpoint::is_dead)
    }

    /// Empties the slot: stops receiving, and closes the socket if it was made
    /// here. Sleeps.
    pub(crate) fn clear(&self) {
        let this = self.0.xchg(core::ptr::null_mut(), Full);
        // SAFETY: By the type invariant the pointer is null or valid; having taken it
        // from the slot, we are the one to free it, and have not done so yet.
        let Some(endpoint) = (unsafe { this.as_ref() }).map(RcuBox::value) else {
            return;
        };
        let sk = endpoint.sk.as_ptr();
        match endpoint.owner {
            // SAFETY: The socket is valid and was made by `udp_sock_create()`. It is
            // bound, and so freed after a grace period only.
            Owner::Kernel => unsafe { bindings::udp_tunnel_sock_release(sk) },
            // SAFETY: We hold a reference to the socket.
            Owner::Process => unsafe {
                bindings::helpers::lock_sock(sk);
                bindings::helpers::udp_tunnel_sock_clear(sk);
                bindings::release_sock(sk);
            },
        }
        // SAFETY: Neither slot nor socket lead to the endpoint any more.
        unsafe { RcuBox::free(this) };
    }

    /// Puts an endpoint into the slot and has its socket call us.
    ///
    /// # Safety
    ///
    /// The caller must hold the socket's lock, or be the only one that knows the
    /// socket.
    ///
    /// # Errors
    ///
    /// EBUSY if the slot is not empty, or the socket somebody else's; EINVAL if the slot is not
    /// part of the device's data.
    pub(super) unsafe fn fill(
        &self,
        endpoint: KBox<RcuBox<Endpoint<T>>>,
        net: *mut bindings::net,
    ) -> Result {
        let sk = endpoint.value().sk.as_ptr();
        let process = endpoint.value().owner == Owner::Process;
        let role = endpoint.value().role;
        // Only a slot that is emptied when the device goes away may lead to it.
        let data = core::ptr::from_ref(endpoint.value().device().data()).addr();
        let offset = core::ptr::from_ref(self).addr().wrapping_sub(data);
        if offset >= size_of::<T>() {
            return Err(EINVAL);
        }
        let this = KBox::into_raw(endpoint);
        // INVARIANT: Comes of `KBox::into_raw`. Receivers find it in the slot as soon
        // as they find it in the socket.
        if self.0.cmpxchg(core::ptr::null_mut(), this, Full).is_err() {
            // SAFETY: It was a box just now, and nobody has seen it.
            drop(unsafe { KBox::from_raw(this) });
            return Err(EBUSY);
        }
        // Others look for user data and set theirs without the socket's lock.
        // SAFETY: The socket is valid; what it leads to is valid until it forgets it.
        if !unsafe { bindings::helpers::sk_claim_user_data(sk, this.cast()) } {
            if self.0.cmpxchg(this, core::ptr::null_mut(), Full).is_ok() {
                // SAFETY: We have taken it from the slot, and the socket never led to it.
                unsafe { RcuBox::free(this) };
            }
            return Err(EBUSY);
        }
        // SAFETY: All zero is a valid configuration, one without callbacks.
        let mut config: bindings::udp_tunnel_sock_cfg = unsafe { core::mem::zeroed() };
        config.sk_user_data = this.cast();
        config.encap_type = T::encap_type(role).get();
        config.encap_rcv = Some(Self::encap_rcv);
        config.encap_err_lookup = Some(encap_err_lookup);
        if process {
            config.encap_destroy = Some(Self::encap_destroy);
        } else if T::joins(role) {
            config.gro_receive = Some(gro::receive::<T>);
            config.gro_complete = Some(gro::complete::<T>);
        }
        // The function sets user data once more, to the same.
        // SAFETY: The socket is valid, and by the caller's duty nobody else changes its
        // receive path at this time.
        unsafe {
            bindings::setup_udp_tunnel_sock(net, sk, &mut config);
            bindings::helpers::udp_allow_gso(sk);
            if !process && !T::joins(role) {
                // The only tunnel of a namespace that joins datagrams is found at once.
                bindings::udp_tunnel_update_gro_lookup(net, sk, false);
            }
        }
        Ok(())
    }

    /// # Safety
    ///
    /// Called by UDP under RCU for a datagram on a socket that `fill()` has set up;
    /// `skb` is ours unless 1 is returned.
    unsafe extern "C" fn encap_rcv(sk: *mut bindings::sock, skb: *mut bindings::sk_buff) -> c_int {
        // SAFETY: UDP calls in a read section.
        let rcu = unsafe { assume_read_lock() };
        // SAFETY: The socket is valid. What its user data points to is valid until the
        // end of the read section: both slot and user data are cleared a grace period
        // before it is freed.
        let endpoint = unsafe {
            let this = bindings::helpers::udp_encap_user_data(sk, Some(Self::encap_rcv));
            this.cast::<RcuBox<Endpoint<T>>>().as_ref()
        };
        let Some(endpoint) = endpoint.map(RcuBox::value) else {
            return 1;
        };
        // SAFETY: UDP gives us the packet.
        let skb = unsafe { SkBuff::from_raw(skb) };
        match T::receive(endpoint.device(), endpoint, skb, &rcu) {
            Verdict::Consumed => 0,
            Verdict::PassUp(skb) if skb.is_gso() => {
                // SAFETY: The socket is valid, the packet given away, and this is a read
                // section. Each segment comes back to this function, and is none of several.
                unsafe { bindings::helpers::udp_rcv_segments(sk, skb.into_raw()) };
                0
            }
            Verdict::PassUp(skb) => {
                // UDP still has the pointer, and takes the packet back.
                let _ = skb.into_raw();
                1
            }
        }
    }

    /// # Safety
    ///
    /// Called by UDP when the last file of a socket that `fill()` has set up is
    /// closed. Process context.
    unsafe extern "C" fn encap_destroy(sk: *mut bindings::sock) {
        let rcu = rcu::read_lock();
        // SAFETY: As in `encap_rcv()`, which a process may have had replaced since.
        let this = unsafe {
            let data = bindings::helpers::udp_encap_closed_user_data(sk, Some(Self::encap_destroy));
            data.cast::<RcuBox<Endpoint<T>>>()
        };
        // SAFETY: As in `encap_rcv()`.
        let Some(endpoint) = (unsafe { this.as_ref() }).map(RcuBox::value) else {
            return;
        };
        let slot = endpoint.device().data().slot(endpoint.role);
        // SAFETY: In this read section the socket led to the endpoint. Its last file is closed.
        unsafe { slot.release(this, rcu) };
    }

    /// Empties the slot if the process that the socket is of has closed it and we were not told,
    /// having been forgotten by it before. Sleeps. Returns whether there still is such a socket.
    pub(crate) fn reap(&self) -> bool {
        let rcu = rcu::read_lock();
        let this = self.0.load(Relaxed);
        // SAFETY: By the type invariant the pointer is null, or valid until the end of the read
        // section.
        let Some(endpoint) = (unsafe { this.as_ref() }).map(RcuBox::value) else {
            return false;
        };
        if endpoint.owner != Owner::Process {
            return false;
        }
        if !endpoint.is_dead() {
            return true;
        }
        // SAFETY: In this read section the slot led to the endpoint. Its socket is dead.
        unsafe { self.release(this, rcu) };
        false
    }

    /// Empties the slot, unless somebody else does, of a socket that a process has closed. Sleeps.
    ///
    /// # Safety
    ///
    /// `this` must have been in use during the read section `rcu`, and the last file of its
    /// socket must be closed.
    unsafe fn release(&self, this: *mut RcuBox<Endpoint<T>>, rcu: rcu::Guard) {
        if self.0.cmpxchg(this, core::ptr::null_mut(), Full).is_err() {
            // Somebody else has emptied it: the device, which goes away, or the other one of
            // `reap()` and `encap_destroy()`.
            return;
        }
        // SAFETY: By the caller's duty it is valid in this read section.
        let endpoint = unsafe { (*this).value() };
        // SAFETY: The socket is valid, since the endpoint holds it, and with its last file
        // closed nobody can attach it to anything any more.
        unsafe { bindings::helpers::udp_tunnel_sock_clear(endpoint.sk.as_ptr()) };
        T::closed(endpoint.device());
        let id = endpoint.id();
        // SAFETY: In this read section the endpoint was in its slot, which is emptied before
        // the device goes.
        let held = unsafe { endpoint.device().hold() };
        drop(rcu);
        if let Some(dev) = held {
            // Who was sending by the endpoint must be through. The reference has whoever
            // unloads the module wait for us meanwhile.
            rcu::synchronize_rcu();
            // SAFETY: We have emptied the slot, a grace period ago.
            T::forget(&dev, &unsafe { Closed::assume(id) });
            // The endpoint holds the socket, and that its namespace.
            // SAFETY: As below.
            unsafe { RcuBox::free(this) };
            return;
        }
        // A device that is not registered yet has sent nothing.
        // SAFETY: Neither slot nor socket lead to the endpoint any more, and we have
        // taken it from the slot.
        unsafe { RcuBox::free(this) };
    }
}

impl<T: Receiver> Drop for Slot<T> {
    fn drop(&mut self) {
        if !self.0.load(Relaxed).is_null() {
            self.clear();
            rcu::synchronize_rcu();
        }
    }
}

/// Tells UDP that an ICMP message about a datagram to the port of this socket is about one of
/// its own, whichever port that was sent from: the path that it says something of is found by
/// what the socket sends with.
extern "C" fn encap_err_lookup(_sk: *mut bindings::sock, _skb: *mut bindings::sk_buff) -> c_int {
    0
}
