// SPDX-License-Identifier: GPL-2.0

//! BPF's arrays of sockets that share a port: who else may want a UDP socket for himself.

use std::os::fd::AsRawFd;

use crate::args::{fail, Args, Done, Stop};
use crate::ctx::Ctx;
use crate::{errno, sys};

/// `array NAME SOCKET`: makes an array with the socket in it.
pub fn make(ctx: &mut Ctx, args: &mut Args) -> Done {
    let name = args.next("a name")?;
    let socket = ctx.named(&args.next("a socket")?)?.fd.as_raw_fd();
    let array = match sys::socket_array() {
        Ok(array) => array,
        Err(error) if error.raw_os_error() == Some(libc::ENOSYS) => {
            return Err(Stop::Skip("the kernel has no BPF".to_string()));
        }
        Err(error) => return fail(format!("bpf: {}", errno::of(&error))),
    };
    let put = sys::array_put(array.as_raw_fd(), socket);
    let put = put.map_or_else(|error| errno::of(&error), |()| "OK".to_string());
    let want = args.wanted()?;
    if put != want {
        return fail(format!("the socket into an array: {put}, not {want}"));
    }
    ctx.file(name, array);
    Ok(())
}

/// `rival ARRAY SOCKET`: from now on, and until the array is closed, the socket is taken out of
/// it, and put into it again whenever nobody else has it.
pub fn contend(ctx: &mut Ctx, args: &mut Args) -> Done {
    // By their numbers, so that others may close them.
    let array = ctx.named(&args.next("an array")?)?.fd.as_raw_fd();
    let socket = ctx.named(&args.next("a socket")?)?.fd.as_raw_fd();
    std::thread::spawn(move || loop {
        // It need not be there.
        let _ = sys::array_take(array);
        match sys::array_put(array, socket) {
            Err(error) if error.raw_os_error() != Some(libc::EBUSY) => break,
            _ => {}
        }
    });
    Ok(())
}
